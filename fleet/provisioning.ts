import { connectAsync, type MqttClient } from 'mqtt';

import type { ProvisioningParameters } from '../contracts/provisioning.ts';
import type { Identity } from './identity.ts';

export interface FrontDoor {
  /** `mqtts://host:port` */
  readonly url: string;
  /** PEM of the CA that signed the server's certificate; the system's own when absent (AWS). */
  readonly ca?: string;
}

export interface Claim {
  readonly template: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** What the front door answered to a provisioning request that it refused. */
export class ProvisioningRefused extends Error {
  readonly statusCode: number;
  readonly errorCode: string;

  constructor(step: string, answer: { statusCode?: number; errorCode?: string; errorMessage?: string }) {
    super(`${step} was refused: ${answer.errorCode} (${answer.statusCode}): ${answer.errorMessage}`);
    this.name = 'ProvisioningRefused';
    this.statusCode = answer.statusCode ?? 0;
    this.errorCode = answer.errorCode ?? '';
  }

  /** Too many at once, or the cloud's own trouble: worth another try. Anything else will be refused again. */
  get retryable(): boolean {
    return this.statusCode === 429 || this.statusCode >= 500;
  }
}

const ANSWER_TIMEOUT_MS = 20_000;

/** Publishes a request and waits for its `/accepted` or `/rejected`. */
async function ask(client: MqttClient, topic: string, request: unknown): Promise<Record<string, unknown>> {
  await client.subscribeAsync([`${topic}/accepted`, `${topic}/rejected`], { qos: 1 });
  return new Promise((resolve, reject) => {
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      client.off('message', onMessage);
      client.off('close', onClose);
      act();
    };
    const onMessage = (from: string, payload: Buffer): void => {
      if (from !== `${topic}/accepted` && from !== `${topic}/rejected`) return;
      finish(() => {
        const answer = JSON.parse(payload.toString('utf8')) as Record<string, unknown>;
        if (from.endsWith('/accepted')) resolve(answer);
        else reject(new ProvisioningRefused(topic, answer));
      });
    };
    const onClose = (): void =>
      finish(() => reject(new Error(`the connection was closed before ${topic} was answered`)));
    const timer = setTimeout(
      () => finish(() => reject(new Error(`${topic} was not answered within ${ANSWER_TIMEOUT_MS / 1_000} s`))),
      ANSWER_TIMEOUT_MS,
    );
    client.on('message', onMessage);
    client.once('close', onClose);
    client
      .publishAsync(topic, JSON.stringify(request), { qos: 1 })
      .catch((error: Error) => finish(() => reject(error)));
  });
}

/**
 * Fleet provisioning by claim (AWS IoT developer guide, "Device provisioning MQTT API"): a certificate of its own for
 * the device, then the registration of the thing with it.
 *
 * @throws ProvisioningRefused, or Error when the connection failed
 */
export async function provisionByClaim(
  frontDoor: FrontDoor,
  claim: Claim,
  parameters: ProvisioningParameters,
): Promise<Identity> {
  const client = await connectAsync(frontDoor.url, {
    clientId: `claim-${parameters.ThingName}`,
    ca: frontDoor.ca,
    cert: claim.certificatePem,
    key: claim.privateKeyPem,
    protocolVersion: 5,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: ANSWER_TIMEOUT_MS,
  });
  // Errors surface where something is awaited; without a listener they would end the process.
  client.on('error', () => undefined);
  try {
    const made = await ask(client, '$aws/certificates/create/json', {});
    const registered = await ask(client, `$aws/provisioning-templates/${claim.template}/provision/json`, {
      certificateOwnershipToken: made['certificateOwnershipToken'],
      parameters,
    });
    return {
      certificatePem: String(made['certificatePem']),
      privateKeyPem: String(made['privateKey']),
      configuration: (registered['deviceConfiguration'] ?? {}) as Record<string, string>,
    };
  } finally {
    await client.endAsync(true);
  }
}
