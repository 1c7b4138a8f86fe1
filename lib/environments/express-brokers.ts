/**
 * Partitions, replicas included, that an Express broker of each size should hold at most
 * (https://docs.aws.amazon.com/msk/latest/developerguide/msk-broker-types-express.html).
 */
export const EXPRESS_PARTITIONS: Readonly<Record<string, number>> = {
  'express.m7g.large': 1000,
  'express.m7g.xlarge': 1000,
  'express.m7g.2xlarge': 2500,
  'express.m7g.4xlarge': 6000,
  'express.m7g.8xlarge': 12_000,
  'express.m7g.12xlarge': 16_000,
  'express.m7g.16xlarge': 20_000,
};
