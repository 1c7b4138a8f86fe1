import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

/** Kafka's number for SCRAM-SHA-512 in AlterUserScramCredentials (KIP-554). */
export const SCRAM_SHA_512 = 2;

/** Kafka refuses fewer; passwords in MSK's secrets are long and random, so more would only slow every login. */
const ITERATIONS = 4096;

export interface ScramUpsertion {
  readonly name: string;
  readonly mechanism: typeof SCRAM_SHA_512;
  readonly iterations: number;
  readonly salt: Buffer;
  readonly saltedPassword: Buffer;
}

/** What the broker stores of a user: never the password, only the salted hash of it (RFC 5802, SaltedPassword). */
export async function scramUpsertion(name: string, password: string): Promise<ScramUpsertion> {
  const salt = randomBytes(32);
  const saltedPassword = await promisify(pbkdf2)(password, salt, ITERATIONS, 64, 'sha512');
  return { name, mechanism: SCRAM_SHA_512, iterations: ITERATIONS, salt, saltedPassword };
}
