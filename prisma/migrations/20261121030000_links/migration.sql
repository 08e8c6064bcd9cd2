-- AlterTable
ALTER TABLE "Network" ALTER COLUMN "bridge" DROP NOT NULL;

-- AlterTable
ALTER TABLE "Reservation" ALTER COLUMN "mac" DROP NOT NULL;

-- CreateTable
CREATE TABLE "Link" (
    "id" UUID NOT NULL,
    "hostId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "definition" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Link_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Link_hostId_name_key" ON "Link"("hostId", "name");

-- AddForeignKey
ALTER TABLE "Link" ADD CONSTRAINT "Link_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;
