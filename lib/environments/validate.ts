import { KAFKA_TOPICS, type KafkaTopic } from '../../contracts/kafka-topics.ts';
import { EXPRESS_PARTITIONS } from './express-brokers.ts';
import { API_SCOPES, type Cell, type Environment } from './environment.ts';

/** VPC rule destinations cannot use this zone, and MSK cannot either (it calls it us-east-1e). */
const UNUSABLE_ZONE = 'use1-az3';
const REPLICATION_FACTOR = 3;

/** Topics that the rules of the present stacks write to. */
export const REQUIRED_TOPICS: readonly KafkaTopic[] = [
  KAFKA_TOPICS.telemetry,
  KAFKA_TOPICS.events,
  KAFKA_TOPICS.presence,
  KAFKA_TOPICS.commandStatus,
  KAFKA_TOPICS.otaStatus,
  KAFKA_TOPICS.v2x,
  KAFKA_TOPICS.heartbeat,
];

/** SQS hides a message for twelve hours at most. */
const LONGEST_REDRIVE_DELAY = 43_200;

/**
 * Checks environments one by one and against each other. What passes can be synthesized; what AWS would refuse after half an hour of
 * deployment is refused here.
 * @throws Error that names every violation: environment, member, what is wrong
 */
export function validateEnvironments(environments: readonly Environment[]): void {
  const wrong = [...environments.flatMap(environmentViolations), ...sharedPlaces(environments)];
  if (wrong.length > 0)
    throw new Error(`the environments are not valid:\n${wrong.map((line) => `- ${line}`).join('\n')}`);
}

function environmentViolations(environment: Environment): string[] {
  const { name, cells, stream, apps, redriveDelays } = environment;
  const wrong: string[] = [];
  if (cells.length === 0) wrong.push('has no cells');
  for (const cell of cells) wrong.push(...cellViolations(cell));
  wrong.push(...repeated(cells.map((cell) => cell.name)).map((cell) => `has two cells named ${cell}`));
  wrong.push(...streamViolations(stream));
  if (redriveDelays.length === 0) wrong.push('has no redrive delays');
  for (const delay of redriveDelays)
    if (!Number.isInteger(delay) || delay < 1 || delay > LONGEST_REDRIVE_DELAY) wrong.push(`redrive delay ${delay}`);
  for (const app of apps) {
    if (!/^[a-z][a-z0-9-]{0,30}$/.test(app.name)) wrong.push(`app ${app.name}: not a name`);
    if (app.scopes.length === 0) wrong.push(`app ${app.name}: has no scopes`);
    for (const scope of app.scopes) if (!API_SCOPES.includes(scope)) wrong.push(`app ${app.name}: no scope ${scope}`);
  }
  wrong.push(...repeated(apps.map((app) => app.name)).map((app) => `has two apps named ${app}`));
  wrong.push(...phoneViolations(environment.phones));
  return wrong.map((line) => `${name}: ${line}`);
}

function cellViolations({ name, account, region, zones, cidr }: Cell): string[] {
  const wrong: string[] = [];
  if (!/^[a-z][a-z0-9]{0,15}$/.test(name)) wrong.push('its name must be 1 to 16 lower-case letters and digits');
  if (account !== 'current' && !/^\d{12}$/.test(account)) wrong.push(`account ${account} is not twelve digits`);
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) wrong.push(`${region} is not a Region`);
  if (new Set(zones).size !== 3) wrong.push('needs three different zones: Express brokers live in three');
  for (const zone of zones) {
    if (!/^[a-z0-9]+-az\d$/.test(zone)) wrong.push(`${zone} is not a zone id`);
    if (zone === UNUSABLE_ZONE) wrong.push(`zone ${zone} takes neither VPC rule destinations nor MSK`);
  }
  if (!/^(\d{1,3}\.){3}\d{1,3}\/(1[6-9]|2[0-2])$/.test(cidr)) wrong.push(`cidr ${cidr} is not a /16 to /22`);
  return wrong.map((line) => `cell ${name}: ${line}`);
}

function streamViolations({ brokerType, brokers, topics }: Environment['stream']): string[] {
  const wrong: string[] = [];
  const partitionsABroker = EXPRESS_PARTITIONS[brokerType];
  if (partitionsABroker === undefined) wrong.push(`broker type ${brokerType} is not an Express broker`);
  if (brokers < 3 || brokers % 3 !== 0) wrong.push(`${brokers} brokers: must be a multiple of three`);
  for (const topic of REQUIRED_TOPICS) if (!topics[topic]) wrong.push(`topic ${topic} is missing`);
  let partitions = 0;
  for (const [topic, settings] of Object.entries(topics)) {
    if (!Object.values<string>(KAFKA_TOPICS).includes(topic)) wrong.push(`there is no topic ${topic} in the contracts`);
    if (!Number.isInteger(settings.partitions) || settings.partitions < 1) wrong.push(`topic ${topic}: partitions`);
    if (!(settings.retentionHours >= 1)) wrong.push(`topic ${topic}: retention of less than an hour`);
    partitions += settings.partitions * REPLICATION_FACTOR;
  }
  const capacity = (partitionsABroker ?? Infinity) * brokers;
  if (partitions > capacity) wrong.push(`${partitions} partitions with replicas, but the brokers take ${capacity}`);
  return wrong.map((line) => `stream: ${line}`);
}

function phoneViolations({ issuer, audience }: Environment['phones']): string[] {
  const wrong: string[] = [];
  // The issuer's keys decide who is let in: over plain HTTP anybody on the way could put his own there.
  if (!/^https:\/\/[^?#]+$|^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?(\/[^?#]*)?$/.test(issuer))
    wrong.push(`phones: issuer ${issuer} is not an https URL`);
  if (audience === '') wrong.push('phones: has no audience');
  return wrong;
}

/** IoT's account settings, rule names and logging are one per account and Region: two cells there would fight. */
function sharedPlaces(environments: readonly Environment[]): string[] {
  const places = environments.flatMap(({ cells }) => cells.map(({ account, region }) => `${account}/${region}`));
  return repeated(places).map((place) => `two cells in ${place}: an account and Region holds one`);
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
