import {
  compileStatement,
  compileTemplate,
  EvaluationFailure,
  explainStatement,
  functionNames,
  SqlSyntaxError,
  SQL_VERSIONS,
  type RuleMessage,
} from '../../../twin/iot/sql/index.ts';
import { mutateBytes, mutateText, randomJson } from '../mutation.ts';
import type { Random } from '../random.ts';
import type { FuzzTarget } from '../target.ts';

const STATEMENTS = [
  "SELECT * FROM 'dt/+/+/telemetry'",
  "SELECT speed, position.latitude AS lat, topic(3) AS thing FROM 'dt/#' WHERE speed > 10 AND NOT isNull(position)",
  "SET @a = speed * 2, @b = upper(name) SELECT @a AS x, @b AS y FROM 'a/b' WHERE @a > 3",
  "SELECT VALUE (SELECT VALUE x FROM items WHERE y = 1) FROM 'a/+'",
  "SELECT CASE colour WHEN 'red' THEN 1 WHEN 'blue' THEN 2 ELSE 3 END AS code FROM 'a'",
  "SELECT *, concat(a, b) AS ab, {'k': [1, 2, {'n': null}]} AS literal FROM 'x' WHERE a IN [1, 2] OR b <> 'c'",
  "SELECT regexp_replace(text, '(a+)+b', 'x') AS r, substring(text, 1, 3), indexof(text, 'q') FROM 't'",
  "SELECT parse_time('yyyy-MM-dd''T''HH:mm', timestamp(), 'Europe/Berlin') AS at, time_to_epoch(at, 'yyyy') FROM 't'",
  "SELECT decode(encode(*, 'base64'), 'base64') AS d, md5(a), sha256(b), power(2, 10), mod(7, 0), cast(a AS Decimal) FROM 't'",
  "SELECT get(list, 0), (a + b) * -c / d % 3 AS n, list[1].x.y AS z FROM 't' WHERE exists(a) = true",
];
const TEMPLATES = [
  '${topic(3)}/${a.b}',
  '${timestamp()}',
  '${cast(a + 1 AS String)} x ${upper(name)}',
  '${parse_time("yyyy", timestamp())}',
];
const NAMES = ['a', 'b', 'speed', 'position', 'items', 'list', 'name', 'text', 'colour', 'x', 'y'];
const FRAGMENTS = [...STATEMENTS, ...functionNames().map((name) => `${name}(a, 'b', 3)`)];

function payload(random: Random): Buffer {
  const bytes = Buffer.from(JSON.stringify(randomJson(random, NAMES, 5)) ?? '');
  return random.oneIn(5) ? mutateBytes(random, bytes) : bytes;
}

/** Statements and substitution templates, and the messages that they meet. */
export const sql: FuzzTarget = {
  name: 'sql',
  share: 30,
  async open() {
    return {
      async run(random) {
        const version = random.pick(SQL_VERSIONS);
        const message: RuleMessage = {
          ...{ topic: random.pick(['a/b/c', '', '/', 'dt/vehicle/V1/telemetry']), payload: payload(random) },
          ...{ receivedAt: 1_767_225_600_000, accountId: '000000000000' },
          source: { protocol: 'mqtt', clientId: 'c', principal: 'p', sourceIp: '127.0.0.1' },
        };
        try {
          if (random.oneIn(4)) {
            const template = compileTemplate(mutateText(random, random.pick(TEMPLATES), FRAGMENTS), version);
            await template.evaluate(message, {}, {});
            return;
          }
          const text = mutateText(random, random.pick(FRAGMENTS), FRAGMENTS);
          const outcome = await compileStatement(
            text.startsWith('S') ? text : `SELECT ${text} FROM 'a'`,
            version,
          ).evaluate(message, {});
          if ('fires' in outcome && outcome.fires) outcome.output.bytes();
          if (random.oneIn(20)) await explainStatement(text, version, message, {});
        } catch (error) {
          if (!(error instanceof SqlSyntaxError || error instanceof EvaluationFailure)) throw error;
        }
      },
      close: () => undefined,
    };
  },
};
