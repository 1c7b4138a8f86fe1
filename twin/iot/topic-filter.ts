/**
 * Topic filters as AWS IoT Core reads them. They differ from MQTT in one point: `#` needs at least one level, so
 * `sensor/#` does not match `sensor` (AWS IoT Developer Guide, "Topic filters").
 */

const MAX_TOPIC_BYTES = 65_535;

/**
 * Whether `topic` matches `filter`. Wildcards at the first level do not match topics that start with `$` (MQTT 5,
 * section 4.7.2). Both are taken as valid: check with {@link isValidFilter} and {@link isValidTopic} first.
 * Compares in place, without splitting: it runs once a rule and message.
 */
export function matchesFilter(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  if (topic.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false;
  let f = 0;
  let t = 0;
  for (;;) {
    const filterEnd = endOfLevel(filter, f);
    if (filterEnd === f + 1 && filter[f] === '#') return true;
    const topicEnd = endOfLevel(topic, t);
    const anyLevel = filterEnd === f + 1 && filter[f] === '+';
    if (!anyLevel && !sameLevel(filter, f, filterEnd, topic, t, topicEnd)) return false;
    const filterDone = filterEnd === filter.length;
    const topicDone = topicEnd === topic.length;
    if (filterDone || topicDone) return filterDone && topicDone;
    f = filterEnd + 1;
    t = topicEnd + 1;
  }
}

function endOfLevel(text: string, start: number): number {
  const slash = text.indexOf('/', start);
  return slash === -1 ? text.length : slash;
}

function sameLevel(a: string, aStart: number, aEnd: number, b: string, bStart: number, bEnd: number): boolean {
  return aEnd - aStart === bEnd - bStart && b.startsWith(a.slice(aStart, aEnd), bStart);
}

/** Whether `filter` is a topic filter: `+` and `#` alone in their level, `#` only in the last, no NUL (MQTT 5, section 4.7.1). */
export function isValidFilter(filter: string): boolean {
  if (!isText(filter)) return false;
  const levels = filter.split('/');
  return levels.every((level, index) => {
    if (level.includes('#')) return level === '#' && index === levels.length - 1;
    return !level.includes('+') || level === '+';
  });
}

/** Whether `topic` is a topic name: no wildcards, no NUL, not empty (MQTT 5, section 4.7.3). IoT Core's own limits are the broker's. */
export function isValidTopic(topic: string): boolean {
  return isText(topic) && !topic.includes('+') && !topic.includes('#');
}

function isText(text: string): boolean {
  return text.length > 0 && !text.includes('\0') && Buffer.byteLength(text) <= MAX_TOPIC_BYTES;
}
