-- CreateTable
CREATE TABLE "DomainNic" (
    "id" UUID NOT NULL,
    "hostId" TEXT NOT NULL,
    "guest" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "mac" TEXT NOT NULL,
    "definition" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "DomainNic_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "DomainNic_hostId_name_key" ON "DomainNic"("hostId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "DomainNic_hostId_mac_key" ON "DomainNic"("hostId", "mac");

-- AddForeignKey
ALTER TABLE "DomainNic" ADD CONSTRAINT "DomainNic_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;
