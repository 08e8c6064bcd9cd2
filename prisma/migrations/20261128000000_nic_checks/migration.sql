-- CreateTable
CREATE TABLE "NicCheck" (
    "id" UUID NOT NULL,
    "hostId" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "result" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "NicCheck_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "NicCheck_hostId_id_idx" ON "NicCheck"("hostId", "id");

-- AddForeignKey
ALTER TABLE "NicCheck" ADD CONSTRAINT "NicCheck_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;
