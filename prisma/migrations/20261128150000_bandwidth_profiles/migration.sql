-- CreateTable
CREATE TABLE "BandwidthProfile" (
    "name" TEXT NOT NULL,
    "bandwidth" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "BandwidthProfile_pkey" PRIMARY KEY ("name")
);
