import type { ReservedReply, ReservedRequester, ReservedTopics } from '../broker/ports.ts';
import type { Publication } from '../publication.ts';
import type { OwnershipTokens } from '../certificates/ownership-tokens.ts';
import type { Registry } from '../registry/registry.ts';
import type { CertificateIssuer } from './issuer.ts';
import type { ProvisioningLog, ProvisioningOperation } from './log.ts';
import type { Payload, PayloadFormat } from './payload.ts';
import { decodePayload, encodePayload } from './payload.ts';
import type { Provisioner } from './provisioner.ts';
import { ProvisioningRefusal, refusalOf } from './refusal.ts';

interface ProvisioningTopic {
  readonly operation: ProvisioningOperation;
  readonly format: PayloadFormat;
  readonly templateName?: string;
}

export interface ProvisioningTopicPorts {
  readonly registry: Registry;
  readonly issuer: CertificateIssuer;
  readonly tokens: OwnershipTokens;
  readonly provisioner: Provisioner;
  readonly log?: ProvisioningLog | undefined;
}

const CERTIFICATES = '$aws/certificates/';
const TEMPLATES = '$aws/provisioning-templates/';

/**
 * The device provisioning MQTT API: requests on reserved topics, answered to the requester alone (developer guide,
 * "Device provisioning MQTT API").
 */
export class ProvisioningTopics implements ReservedTopics {
  readonly #ports: ProvisioningTopicPorts;

  constructor(ports: ProvisioningTopicPorts) {
    this.#ports = ports;
  }

  async handle(
    publication: Publication,
    requester: ReservedRequester,
  ): Promise<readonly ReservedReply[] | 'not reserved' | 'unsupported'> {
    const { topic, payload } = publication;
    if (!topic.startsWith(CERTIFICATES) && !topic.startsWith(TEMPLATES)) return 'not reserved';
    const parsed = parseTopic(topic);
    if (!parsed) return 'unsupported';
    const answer = await this.#answer(parsed, payload, requester);
    const suffix = answer.accepted ? 'accepted' : 'rejected';
    return [
      { topic: `${topic}/${suffix}`, payload: await encodePayload(parsed.format, answer.payload), to: 'requester' },
    ];
  }

  async #answer(
    topic: ProvisioningTopic,
    payload: Uint8Array,
    requester: ReservedRequester,
  ): Promise<{ accepted: boolean; payload: Payload }> {
    const about = {
      eventType: topic.operation,
      clientId: requester.clientId,
      principalId: requester.principal,
      ...(topic.templateName !== undefined && { templateName: topic.templateName }),
    };
    try {
      const { payload: answer, ...outcome } = await this.#serve(
        topic,
        await decodePayload(topic.format, payload),
        requester,
      );
      this.#ports.log?.write({ ...about, ...outcome, logLevel: 'INFO', status: 'Success' });
      return { accepted: true, payload: answer };
    } catch (error) {
      const refusal = refusalOf(error);
      const { statusCode, errorCode, message: errorMessage } = refusal;
      this.#ports.log?.write({
        ...about,
        logLevel: 'ERROR',
        status: 'Failure',
        reason: errorCode,
        details: refusal.reason,
      });
      return { accepted: false, payload: { statusCode, errorCode, errorMessage } };
    }
  }

  async #serve(
    topic: ProvisioningTopic,
    request: Payload,
    requester: ReservedRequester,
  ): Promise<{ payload: Payload; deviceCertificateId: string; thingName?: string }> {
    const { issuer, provisioner } = this.#ports;
    switch (topic.operation) {
      case 'CreateKeysAndCertificate': {
        const { certificatePem, privateKeyPem } = await issuer.issueWithNewKeys();
        const { certificateId, certificateOwnershipToken } = this.#pending(certificatePem);
        const payload = { certificateId, certificatePem, privateKey: privateKeyPem, certificateOwnershipToken };
        return { payload, deviceCertificateId: certificateId };
      }
      case 'CreateCertificateFromCsr': {
        const certificatePem = await issueForRequest(issuer, request['certificateSigningRequest'], requester);
        const { certificateId, certificateOwnershipToken } = this.#pending(certificatePem);
        return {
          payload: { certificateOwnershipToken, certificateId, certificatePem },
          deviceCertificateId: certificateId,
        };
      }
      default: {
        const device = await provisioner.provisionByClaim({
          templateName: topic.templateName!,
          certificateOwnershipToken: request['certificateOwnershipToken'],
          parameters: request['parameters'],
          clientId: requester.clientId,
          claimCertificateId: requester.principal,
        });
        const { certificateId, thingName, deviceConfiguration } = device;
        const named = thingName === undefined ? {} : { thingName };
        return { payload: { deviceConfiguration, ...named }, deviceCertificateId: certificateId, ...named };
      }
    }
  }

  /** A certificate that waits for its RegisterThing, and the token for it. */
  #pending(certificatePem: string): { certificateId: string; certificateOwnershipToken: string } {
    const { registry, tokens } = this.#ports;
    return registry.atomically(() => {
      const { certificateId } = registry.certificates.register({ certificatePem, status: 'PENDING_ACTIVATION' });
      return { certificateId, certificateOwnershipToken: tokens.create(certificateId) };
    });
  }
}

async function issueForRequest(
  issuer: CertificateIssuer,
  request: unknown,
  requester: ReservedRequester,
): Promise<string> {
  try {
    return await issuer.issueForRequest(request, requester.principal, requester.clientId);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.errorCode !== 'InvalidParameters') throw refusal;
    throw new ProvisioningRefusal('CertificateSigningRequestInvalid', refusal.message, refusal.reason);
  }
}

function parseTopic(topic: string): ProvisioningTopic | undefined {
  const [, , third, fourth, fifth, ...rest] = topic.split('/');
  if (rest.length > 0) return undefined;
  if (topic.startsWith(CERTIFICATES)) {
    if (fifth !== undefined || !isFormat(fourth)) return undefined;
    if (third === 'create') return { operation: 'CreateKeysAndCertificate', format: fourth };
    if (third === 'create-from-csr') return { operation: 'CreateCertificateFromCsr', format: fourth };
    return undefined;
  }
  if (!third || fourth !== 'provision' || !isFormat(fifth)) return undefined;
  return { operation: 'RegisterThing', format: fifth, templateName: third };
}

function isFormat(text: string | undefined): text is PayloadFormat {
  return text === 'json' || text === 'cbor';
}
