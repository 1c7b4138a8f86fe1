/** Topic names and filters: MQTT section 4.7, with IoT Core's limits and reserved topics. */

const BASIC_INGEST_PREFIX = '$aws/rules/';
const SHARE_PREFIX = '$share/';

export interface TopicLimits {
  readonly topicBytes: number;
  readonly topicSlashes: number;
}

export function isBasicIngest(topic: string): boolean {
  return topic.startsWith(BASIC_INGEST_PREFIX);
}

/** `$aws/…` topics that belong to a service of IoT Core; Basic Ingest and lifecycle events are not among them. */
export function isServiceTopic(topic: string): boolean {
  return topic.startsWith('$aws/') && !topic.startsWith(BASIC_INGEST_PREFIX);
}

/** Shadow requests are seen by subscribers and rules too, unlike those of provisioning, jobs and commands. */
export function isShadowTopic(topic: string): boolean {
  return /^\$aws\/things\/[^/]+\/shadow\//.test(topic);
}

/** The part that IoT Core counts: without `$aws/rules/<rule>/` or `$share/<name>/`. */
function countedPart(topic: string): string {
  if (topic.charCodeAt(0) !== 36) return topic;
  if (!topic.startsWith(BASIC_INGEST_PREFIX) && !topic.startsWith(SHARE_PREFIX)) return topic;
  const second = topic.indexOf('/', topic.startsWith(SHARE_PREFIX) ? SHARE_PREFIX.length : BASIC_INGEST_PREFIX.length);
  return second === -1 ? topic : topic.slice(second + 1);
}

/** Whether a topic or filter keeps to 256 bytes and 7 slashes (quotas L-ECD9BEEF, L-AD5A8D4F). */
export function isWithinLimits(topic: string, limits: TopicLimits): boolean {
  const counted = countedPart(topic);
  if (counted.length > limits.topicBytes || Buffer.byteLength(counted) > limits.topicBytes) return false;
  let slashes = 0;
  for (let at = counted.indexOf('/'); at !== -1; at = counted.indexOf('/', at + 1)) slashes += 1;
  return slashes <= limits.topicSlashes;
}

/** A topic that a client may name in a PUBLISH: not empty, no wildcard, no U+0000 (section 4.7.1). */
export function isTopicName(topic: string): boolean {
  return topic.length > 0 && !topic.includes('+') && !topic.includes('#') && !topic.includes('\0');
}

/** Wildcards stand alone in their level and `#` only at the end (section 4.7.1). */
export function isTopicFilter(filter: string): boolean {
  if (filter.length === 0 || filter.includes('\0')) return false;
  const levels = filter.split('/');
  return levels.every((level, index) => {
    if (level === '+') return true;
    if (level === '#') return index === levels.length - 1;
    return !level.includes('+') && !level.includes('#');
  });
}

export function hasWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#');
}

export interface SharedFilter {
  readonly shareName: string;
  readonly filter: string;
}

/**
 * Splits `$share/<name>/<filter>`.
 *
 * @returns undefined for an ordinary filter, `'invalid'` for a malformed shared one (MQTT 5, section 4.8.2)
 */
export function parseShare(filter: string): SharedFilter | 'invalid' | undefined {
  if (!filter.startsWith(SHARE_PREFIX)) return undefined;
  const end = filter.indexOf('/', SHARE_PREFIX.length);
  const shareName = filter.slice(SHARE_PREFIX.length, end);
  if (end === -1 || shareName.length === 0 || hasWildcard(shareName)) return 'invalid';
  return { shareName, filter: filter.slice(end + 1) };
}

/** First levels under `$aws/` that clients may subscribe to (developer guide, "Reserved topics"). */
const SUBSCRIBABLE_SERVICES = new Set([
  'events',
  'things',
  'certificates',
  'provisioning-templates',
  'commands',
  'device_location',
]);

/** Whether IoT Core lets anybody subscribe to this filter; the policy is asked afterwards. */
export function isSubscribable(filter: string): boolean {
  if (!filter.startsWith('$')) return true;
  const [root, service] = filter.split('/', 2);
  return root === '$aws' && service !== undefined && SUBSCRIBABLE_SERVICES.has(service);
}
