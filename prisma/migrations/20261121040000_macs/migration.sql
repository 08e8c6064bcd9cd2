-- CreateTable
CREATE TABLE "Nic" (
    "hostId" TEXT NOT NULL,
    "guest" TEXT NOT NULL,
    "index" INTEGER NOT NULL DEFAULT 0,
    "mac" TEXT NOT NULL,
    "fixed" BOOLEAN NOT NULL,
    "freedAt" TIMESTAMPTZ(3),
    "takenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Nic_pkey" PRIMARY KEY ("hostId","guest","index")
);

-- CreateTable
CREATE TABLE "MacPool" (
    "prefix" TEXT NOT NULL,
    "driver" TEXT NOT NULL,
    "usedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "MacPool_pkey" PRIMARY KEY ("prefix")
);

-- CreateTable
CREATE TABLE "MacCursor" (
    "prefix" TEXT NOT NULL,
    "last" BIGINT NOT NULL,

    CONSTRAINT "MacCursor_pkey" PRIMARY KEY ("prefix")
);

-- CreateIndex
CREATE UNIQUE INDEX "Nic_mac_key" ON "Nic"("mac");

-- AddForeignKey
ALTER TABLE "Nic" ADD CONSTRAINT "Nic_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The prefixes that QEMU, libvirt and Xen use by convention.
INSERT INTO "MacPool" ("prefix", "driver") VALUES ('52:54:00', 'qemu'), ('00:16:3e', 'xen');

-- Sequences begin by chance: two installations in one network shall not give the same addresses.
INSERT INTO "MacCursor" ("prefix", "last") SELECT "prefix", floor(random() * 16777216)::bigint FROM "MacPool";
