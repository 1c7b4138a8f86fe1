/** Writes objects over and over into the folder that it is given, saying each that it has acknowledged, until it is killed. */
import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { SystemClock } from '../../../../twin/clock.ts';
import { S3 } from '../../../../twin/services/s3/s3.ts';
import { openStore } from '../../../../twin/state/store.ts';

const folder = process.argv[2]!;
const s3 = new S3({
  account: DEFAULT_ACCOUNT,
  clock: new SystemClock(),
  store: openStore(`${folder}/state.db`),
  folder: `${folder}/objects`,
});
s3.createBucket('kept');
for (let round = 0; ; round += 1) {
  const key = `k${round % 20}`;
  await s3.putObject('kept', key, `${round} `.repeat(500));
  process.stdout.write(`${key} ${round}\n`);
}
