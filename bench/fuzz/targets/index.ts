import type { FuzzTarget } from '../target.ts';
import { awsRequests } from './aws-requests.ts';
import { mqttPackets } from './mqtt-packets.ts';
import { policies } from './policies.ts';
import { provisioning } from './provisioning.ts';
import { sql } from './sql.ts';

export const FUZZ_TARGETS: readonly FuzzTarget[] = [mqttPackets, sql, policies, provisioning, awsRequests];
