-- CreateEnum
CREATE TYPE "ChangeState" AS ENUM ('draft', 'planned', 'applying', 'awaiting', 'committed', 'rolled-back', 'stuck', 'discarded');

-- CreateTable
CREATE TABLE "Host" (
    "id" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 0,
    "committedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Host_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Network" (
    "id" UUID NOT NULL,
    "hostId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "bridge" TEXT NOT NULL,
    "definition" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Network_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Reservation" (
    "id" UUID NOT NULL,
    "networkId" UUID NOT NULL,
    "mac" TEXT NOT NULL,
    "ip" TEXT NOT NULL,

    CONSTRAINT "Reservation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Change" (
    "id" UUID NOT NULL,
    "hostId" TEXT NOT NULL,
    "state" "ChangeState" NOT NULL DEFAULT 'draft',
    "revision" INTEGER NOT NULL DEFAULT 1,
    "summary" TEXT NOT NULL,
    "author" TEXT NOT NULL,
    "items" JSONB NOT NULL,
    "baseVersion" INTEGER NOT NULL,
    "planHash" TEXT,
    "plan" JSONB,
    "deadline" TIMESTAMPTZ(3),
    "why" TEXT,
    "leftOver" JSONB,
    "committedVersion" INTEGER,
    "undoOfId" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "appliedAt" TIMESTAMPTZ(3),
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Change_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "LoginToken" (
    "hash" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),

    CONSTRAINT "LoginToken_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "Session" (
    "hash" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastSeenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Session_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "Setting" (
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Setting_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE UNIQUE INDEX "Network_hostId_name_key" ON "Network"("hostId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "Network_hostId_bridge_key" ON "Network"("hostId", "bridge");

-- CreateIndex
CREATE UNIQUE INDEX "Reservation_networkId_mac_key" ON "Reservation"("networkId", "mac");

-- CreateIndex
CREATE UNIQUE INDEX "Reservation_networkId_ip_key" ON "Reservation"("networkId", "ip");

-- CreateIndex
CREATE INDEX "Change_hostId_id_idx" ON "Change"("hostId", "id");

-- CreateIndex
CREATE INDEX "Change_state_idx" ON "Change"("state");

-- AddForeignKey
ALTER TABLE "Network" ADD CONSTRAINT "Network_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Reservation" ADD CONSTRAINT "Reservation_networkId_fkey" FOREIGN KEY ("networkId") REFERENCES "Network"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Change" ADD CONSTRAINT "Change_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Change" ADD CONSTRAINT "Change_undoOfId_fkey" FOREIGN KEY ("undoOfId") REFERENCES "Change"("id") ON DELETE SET NULL ON UPDATE CASCADE;

