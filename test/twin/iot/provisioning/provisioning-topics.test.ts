import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decode, encode } from 'cbor-x';
import fc from 'fast-check';

import type { Invocation, InvocationCaller, LambdaInvoker } from '../../../../twin/lambda/invoker.ts';
import { AwsError } from '../../../../twin/endpoint/service.ts';
import { certificateIdOf } from '../../../../twin/iot/certificates/fingerprint.ts';
import { loadX509 } from '../../../../twin/iot/certificates/x509.ts';
import type { DeviceWorld } from '../device-world.ts';
import {
  addVehicleTemplate,
  ANY_POLICY,
  closeDeviceWorld,
  openDeviceWorld,
  ROLE_ARN,
  VEHICLE_TEMPLATE,
} from '../device-world.ts';
import { signingRequest } from '../own-authority.ts';

const CREATE = '$aws/certificates/create/json';
const CREATE_FROM_CSR = '$aws/certificates/create-from-csr/json';
const PROVISION = '$aws/provisioning-templates/vehicle/provision/json';
const HOOK = 'arn:aws:lambda:us-east-1:000000000000:function:hook';

async function rsaSigningRequest(modulusLength: number): Promise<string> {
  const x509 = await loadX509();
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength,
  };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    { name: 'CN=device', keys: keys as never, signingAlgorithm: algorithm },
    webcrypto as never,
  );
  return request.toString('pem');
}

/** A Lambda that answers as told and remembers how it was called. */
class FakeLambda implements LambdaInvoker {
  readonly calls: { functionName: string; event: unknown; caller?: InvocationCaller | undefined }[] = [];
  answer: () => Promise<Invocation> | Invocation = () => ({ payload: '{"allowProvisioning":true}' });

  async invoke(functionName: string, event: unknown, caller?: InvocationCaller): Promise<Invocation> {
    this.calls.push({ functionName, event, caller });
    return this.answer();
  }
}

describe('the device provisioning MQTT API', () => {
  let world: DeviceWorld;
  let lambda: FakeLambda;
  beforeEach(async () => {
    lambda = new FakeLambda();
    world = await openDeviceWorld({ lambda });
  });
  afterEach(() => closeDeviceWorld(world));

  const newToken = async (): Promise<{ token: string; certificateId: string }> => {
    const csr = await signingRequest();
    const { payload } = await world.request(CREATE_FROM_CSR, { certificateSigningRequest: csr });
    return { token: payload['certificateOwnershipToken'] as string, certificateId: payload['certificateId'] as string };
  };

  describe('CreateKeysAndCertificate', () => {
    test('gives an RSA key of 2,048 bits and a certificate for it that the CA signed, pending activation', async () => {
      const { topic, payload } = await world.request(CREATE);
      expect(topic).toBe(`${CREATE}/accepted`);
      const certificate = new X509Certificate(payload['certificatePem'] as string);
      const key = createPrivateKey(payload['privateKey'] as string);
      expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048);
      expect(certificate.checkPrivateKey(key)).toBe(true);
      expect(certificate.verify(new X509Certificate(world.authority.certificatePem).publicKey)).toBe(true);
      expect(payload['certificateId']).toBe(certificateIdOf(certificate.raw));
      expect(world.registry.certificates.describe(payload['certificateId'] as string).status).toBe(
        'PENDING_ACTIVATION',
      );
      expect((payload['certificateOwnershipToken'] as string).length).toBeGreaterThan(100);
    });

    test('answers CBOR on the CBOR topic', async () => {
      const replies = await world.topics.handle(
        {
          topic: '$aws/certificates/create/cbor',
          payload: encode({}),
          qos: 1,
          retain: false,
          source: { protocol: 'mqtt' },
          receivedAt: 0,
        },
        { clientId: 'a', principal: 'c'.repeat(64), protocol: 'mqtt' },
      );
      const [reply] = replies as { topic: string; payload: Buffer; to: string }[];
      expect(reply).toMatchObject({ topic: '$aws/certificates/create/cbor/accepted', to: 'requester' });
      expect(Object.keys(decode(reply!.payload) as object).sort()).toEqual([
        'certificateId',
        'certificateOwnershipToken',
        'certificatePem',
        'privateKey',
      ]);
    });
  });

  describe('CreateCertificateFromCsr', () => {
    test.each(['P-256', 'P-384', 'P-521'] as const)(
      'signs a request over a %s key, and keeps its subject',
      async (curve) => {
        const csr = await signingRequest('CN=WVWZZZ1KZ6W000001, O=Example', curve);
        const { topic, payload } = await world.request(CREATE_FROM_CSR, { certificateSigningRequest: csr });
        expect(topic).toBe(`${CREATE_FROM_CSR}/accepted`);
        expect(Object.keys(payload).sort()).toEqual(['certificateId', 'certificateOwnershipToken', 'certificatePem']);
        const certificate = new X509Certificate(payload['certificatePem'] as string);
        expect(certificate.subject).toBe('CN=WVWZZZ1KZ6W000001\nO=Example');
        const x509 = await loadX509();
        const requested = createPublicKey({
          key: Buffer.from(new x509.Pkcs10CertificateRequest(csr).publicKey.rawData),
          format: 'der',
          type: 'spki',
        });
        expect(certificate.publicKey.equals(requested)).toBe(true);
      },
    );

    test.each([
      ['rsa', ['-newkey', 'rsa:2048']],
      ['ec', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
      ['rsa, signed with SHA-512', ['-newkey', 'rsa:2048', '-sha512']],
    ])('signs a request that OpenSSL made (%s)', async (_, options) => {
      const command = ['req', '-new', '-nodes', '-keyout', '/dev/null', '-subj', '/O=Example/CN=VIN1', ...options];
      const csr = execFileSync('openssl', command, { stdio: 'pipe' }).toString();
      const { payload } = await world.request(CREATE_FROM_CSR, { certificateSigningRequest: csr });
      expect(new X509Certificate(payload['certificatePem'] as string).subject).toBe('O=Example\nCN=VIN1');
    });

    test('signs a request over an RSA key of 2,048 bits', async () => {
      const { topic } = await world.request(CREATE_FROM_CSR, {
        certificateSigningRequest: await rsaSigningRequest(2048),
      });
      expect(topic).toBe(`${CREATE_FROM_CSR}/accepted`);
    });

    test.each([
      ['nothing', () => undefined],
      ['a number', () => 7],
      ['text that is no request', () => 'hello'],
      ['an empty request', () => '-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----'],
      ['a request cut short', async () => (await signingRequest()).replace(/^(-.*-\n.{64}\n)[^]*(-----END)/, '$1$2')],
      ['an RSA key of 1,024 bits', () => rsaSigningRequest(1024)],
    ])('refuses %s', async (_, request) => {
      const { topic, payload } = await world.request(CREATE_FROM_CSR, { certificateSigningRequest: await request() });
      expect(topic).toBe(`${CREATE_FROM_CSR}/rejected`);
      expect(payload).toMatchObject({ statusCode: 400, errorCode: 'CertificateSigningRequestInvalid' });
    });

    test('refuses a request whose signature was made with another key', async () => {
      const x509 = await loadX509();
      const der = Buffer.from(new x509.Pkcs10CertificateRequest(await signingRequest()).rawData);
      der[der.length - 1]! ^= 0xff;
      const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
      const { topic } = await world.request(CREATE_FROM_CSR, { certificateSigningRequest: forged });
      expect(topic).toBe(`${CREATE_FROM_CSR}/rejected`);
      expect(world.registry.certificates.table.size).toBe(0);
    });

    test('lets the account certificate provider sign, and registers what it signed', async () => {
      const provider = { lambdaFunctionArn: HOOK, accountDefaultForOperations: ['CreateCertificateFromCsr'] };
      world.registry.definitions.certificateProviders.create('own-pki', provider);
      const own = await world.authority.issueWithNewKeys('CN=from own pki');
      lambda.answer = () => ({ payload: JSON.stringify({ certificatePem: own.certificatePem }) });
      const csr = await signingRequest();
      const { payload } = await world.request(CREATE_FROM_CSR, { certificateSigningRequest: csr }, 'factory-7');
      expect(payload['certificatePem']).toBe(own.certificatePem);
      expect(lambda.calls[0]).toMatchObject({
        functionName: HOOK,
        event: {
          certificateSigningRequest: csr,
          principalId: 'c'.repeat(64),
          certificateProviderName: 'own-pki',
          clientId: 'factory-7',
        },
        caller: { service: 'iot.amazonaws.com' },
      });
    });
  });

  describe('RegisterThing', () => {
    test('creates the thing, activates the certificate, attaches both and the policy, and sends the configuration', async () => {
      addVehicleTemplate(world);
      const { token, certificateId } = await newToken();
      const { topic, payload } = await world.request(PROVISION, {
        certificateOwnershipToken: token,
        parameters: { SerialNumber: 'V1' },
      });
      expect(topic).toBe(`${PROVISION}/accepted`);
      expect(payload).toEqual({ deviceConfiguration: { greeting: 'hello V1' }, thingName: 'V1' });
      const { certificateArn, status } = world.registry.certificates.describe(certificateId);
      expect(status).toBe('ACTIVE');
      expect(world.registry.principals.ofThing('V1')).toEqual([
        { thingName: 'V1', principal: certificateArn, thingPrincipalType: 'EXCLUSIVE_THING' },
      ]);
      expect(world.registry.policyAttachments.policiesOf(certificateArn)).toEqual(['vehicle']);
    });

    test('speaks CBOR, maps of other encoders included', async () => {
      addVehicleTemplate(world);
      const { token } = await newToken();
      // Indefinite-length map with text keys, as small devices write it: bf … ff.
      const text = (value: string): Buffer =>
        Buffer.concat([Buffer.from([0x79, value.length >> 8, value.length & 0xff]), Buffer.from(value)]);
      const payload = Buffer.concat([
        Buffer.from([0xbf]),
        text('certificateOwnershipToken'),
        text(token),
        text('parameters'),
        Buffer.from([0xa1]),
        text('SerialNumber'),
        text('V2'),
        Buffer.from([0xff]),
      ]);
      const topic = '$aws/provisioning-templates/vehicle/provision/cbor';
      const replies = await world.topics.handle(
        { topic, payload, qos: 0, retain: false, source: { protocol: 'mqtt' }, receivedAt: 0 },
        { clientId: 'a', principal: 'c'.repeat(64), protocol: 'mqtt' },
      );
      const [reply] = replies as { topic: string; payload: Buffer }[];
      expect(reply!.topic).toBe(`${topic}/accepted`);
      expect(decode(reply!.payload)).toEqual({ deviceConfiguration: { greeting: 'hello V2' }, thingName: 'V2' });
    });

    test('answers a repeated request as the first time, but gives the token to no second thing', async () => {
      addVehicleTemplate(world);
      const { token } = await newToken();
      const request = { certificateOwnershipToken: token, parameters: { SerialNumber: 'V1' } };
      const first = await world.request(PROVISION, request);
      expect(await world.request(PROVISION, request)).toEqual(first);
      const second = await world.request(PROVISION, {
        certificateOwnershipToken: token,
        parameters: { SerialNumber: 'V2' },
      });
      expect(second.payload).toMatchObject({ statusCode: 400, errorCode: 'InvalidCertificateOwnershipToken' });
      expect(world.registry.things.get('V2')).toBeUndefined();
    });

    test('takes no token after an hour, and drops the certificate that was not provisioned', async () => {
      addVehicleTemplate(world);
      const { token, certificateId } = await newToken();
      await world.clock.advance(3_600_000);
      const { payload } = await world.request(PROVISION, {
        certificateOwnershipToken: token,
        parameters: { SerialNumber: 'V1' },
      });
      expect(payload['errorCode']).toBe('InvalidCertificateOwnershipToken');
      expect(world.registry.certificates.get(certificateId)).toBeUndefined();
    });

    test('keeps a provisioned certificate when its token expires', async () => {
      addVehicleTemplate(world);
      const { token, certificateId } = await newToken();
      await world.request(PROVISION, { certificateOwnershipToken: token, parameters: { SerialNumber: 'V1' } });
      await world.clock.advance(7_200_000);
      expect(world.registry.certificates.describe(certificateId).status).toBe('ACTIVE');
    });

    test('lets tokens and pending certificates survive a restart, and expires them after it', async () => {
      addVehicleTemplate(world);
      const { token, certificateId } = await newToken();
      const other = await newToken();
      world = await world.reopen();
      const { topic } = await world.request(PROVISION, {
        certificateOwnershipToken: token,
        parameters: { SerialNumber: 'V1' },
      });
      expect(topic).toBe(`${PROVISION}/accepted`);
      await world.clock.advance(3_600_000);
      expect(world.registry.certificates.get(certificateId)).toBeDefined();
      expect(world.registry.certificates.get(other.certificateId)).toBeUndefined();
    });

    test.each([
      ['an empty token', { certificateOwnershipToken: '', parameters: {} }, 400, 'InvalidCertificateOwnershipToken'],
      ['no token', { certificateOwnershipToken: undefined }, 400, 'InvalidCertificateOwnershipToken'],
      ['an unknown token', { certificateOwnershipToken: 'nonsense' }, 400, 'InvalidCertificateOwnershipToken'],
      ['a missing parameter', { parameters: {} }, 400, 'InvalidParameters'],
      ['parameters that are no map', { parameters: [] }, 400, 'InvalidParameters'],
      ['a parameter that is no text', { parameters: { SerialNumber: 7 } }, 400, 'InvalidParameters'],
      ['a thing name that AWS refuses', { parameters: { SerialNumber: 'V 1' } }, 400, 'InvalidParameters'],
      [
        'another certificate id',
        { parameters: { SerialNumber: 'V1', 'AWS::IoT::Certificate::Id': 'x' } },
        400,
        'InvalidParameters',
      ],
    ])('refuses %s', async (_, request, statusCode, errorCode) => {
      addVehicleTemplate(world);
      const { token } = await newToken();
      const { topic, payload } = await world.request(PROVISION, { certificateOwnershipToken: token, ...request });
      expect(topic).toBe(`${PROVISION}/rejected`);
      expect(Object.keys(payload)).toEqual(['statusCode', 'errorCode', 'errorMessage']);
      expect(payload).toMatchObject({ statusCode, errorCode });
      expect(world.registry.things.table.size).toBe(0);
      expect(world.log.at(-1)).toMatchObject({ status: 'Failure', reason: errorCode, templateName: 'vehicle' });
    });

    test('refuses an unknown template and a disabled one, and says which in the log alone', async () => {
      addVehicleTemplate(world);
      const { token } = await newToken();
      const request = { certificateOwnershipToken: token, parameters: { SerialNumber: 'V1' } };
      const unknown = await world.request('$aws/provisioning-templates/other/provision/json', request);
      expect(unknown.payload).toMatchObject({ statusCode: 404, errorCode: 'ResourceNotFound' });
      world.templates.update('vehicle', { enabled: false });
      const disabled = await world.request(PROVISION, request);
      expect(disabled.payload).toEqual({ statusCode: 403, errorCode: 'AccessDenied', errorMessage: 'Access denied.' });
      expect(world.log.at(-1)?.details).toContain('disabled');
    });

    test('leaves nothing behind when the last step fails', async () => {
      addVehicleTemplate(world);
      world.registry.policies.delete('vehicle', false);
      const { token, certificateId } = await newToken();
      const { payload } = await world.request(PROVISION, {
        certificateOwnershipToken: token,
        parameters: { SerialNumber: 'V1' },
      });
      expect(payload).toMatchObject({ statusCode: 404, errorCode: 'ResourceNotFound' });
      expect(world.registry.things.get('V1')).toBeUndefined();
      expect(world.registry.things.table.keys.sorted()).toEqual([]);
      expect(world.registry.certificates.describe(certificateId).status).toBe('PENDING_ACTIVATION');
      world = await world.reopen();
      expect(world.registry.things.table.size).toBe(0);
      world.registry.policies.create('vehicle', ANY_POLICY);
      const retry = await world.request(PROVISION, {
        certificateOwnershipToken: token,
        parameters: { SerialNumber: 'V1' },
      });
      expect(retry.topic).toBe(`${PROVISION}/accepted`);
    });

    test('asks the role of the template for each right, and refuses without saying which is missing', async () => {
      closeDeviceWorld(world);
      const asked: string[] = [];
      const authorize = (roleArn: string, action: string): void => {
        asked.push(`${roleArn} ${action}`);
        if (action === 'iot:AttachPolicy')
          throw new AwsError('AccessDeniedException', `${roleArn} may not ${action}`, 403);
      };
      world = await openDeviceWorld({ roles: { authorize } });
      addVehicleTemplate(world);
      const { token } = await newToken();
      const { payload } = await world.request(PROVISION, {
        certificateOwnershipToken: token,
        parameters: { SerialNumber: 'V1' },
      });
      expect(payload).toMatchObject({ statusCode: 403, errorCode: 'AccessDenied' });
      expect(asked).toContain(`${ROLE_ARN} iot:CreateThing`);
      expect(world.registry.things.get('V1')).toBeUndefined();
    });
  });

  describe('the pre-provisioning hook', () => {
    const provision = async (serial = 'V1'): Promise<Record<string, unknown>> => {
      const { token } = await newToken();
      const { payload } = await world.request(PROVISION, {
        certificateOwnershipToken: token,
        parameters: { SerialNumber: serial },
      });
      return payload;
    };

    test('is told what AWS tells it, in the name of the template', async () => {
      addVehicleTemplate(world, VEHICLE_TEMPLATE, HOOK);
      expect(await provision()).toMatchObject({ thingName: 'V1' });
      const [certificate] = [...world.registry.certificates.table.values()];
      const templateArn = 'arn:aws:iot:us-east-1:000000000000:provisioningtemplate/vehicle';
      expect(lambda.calls).toEqual([
        {
          functionName: HOOK,
          caller: { service: 'iot.amazonaws.com', sourceArn: templateArn },
          event: {
            claimCertificateId: 'c'.repeat(64),
            certificateId: certificate!.certificateId,
            certificatePem: certificate!.certificatePem,
            templateArn,
            clientId: 'factory-1',
            parameters: { SerialNumber: 'V1' },
          },
        },
      ]);
    });

    test('replaces parameters', async () => {
      addVehicleTemplate(world, VEHICLE_TEMPLATE, HOOK);
      lambda.answer = () => ({
        payload: '{"allowProvisioning":true,"parameterOverrides":{"SerialNumber":"FROM-HOOK"}}',
      });
      expect(await provision()).toMatchObject({ thingName: 'FROM-HOOK' });
    });

    test.each([
      ['says no', { payload: '{"allowProvisioning":false}' }],
      ['says neither', { payload: '{}' }],
      ['says yes as text', { payload: '{"allowProvisioning":"true"}' }],
      ['answers null', { payload: 'null' }],
      ['answers no JSON', { payload: 'yes' }],
      ['fails', { payload: '{"errorMessage":"secret"}', functionError: 'Unhandled' as const }],
      [
        'overrides with something else than text',
        { payload: '{"allowProvisioning":true,"parameterOverrides":{"a":1}}' },
      ],
    ])('refuses the device when it %s', async (_, answer) => {
      addVehicleTemplate(world, VEHICLE_TEMPLATE, HOOK);
      lambda.answer = () => answer;
      const payload = await provision();
      expect(payload).toMatchObject({ statusCode: 403, errorCode: 'AccessDenied' });
      expect(payload['errorMessage']).not.toContain('secret');
      expect(world.log.at(-1)?.details).toContain(HOOK);
      expect(world.registry.things.table.size).toBe(0);
    });

    test('refuses the device when the function may not be invoked', async () => {
      addVehicleTemplate(world, VEHICLE_TEMPLATE, HOOK);
      lambda.answer = () => {
        throw new AwsError('AccessDeniedException', 'no resource-based policy allows it', 403);
      };
      expect(await provision()).toMatchObject({ errorCode: 'AccessDenied' });
      expect(world.log.at(-1)?.details).toContain('no resource-based policy allows it');
    });

    test('is given five seconds', async () => {
      addVehicleTemplate(world, VEHICLE_TEMPLATE, HOOK);
      const { token } = await newToken();
      let called = (): void => undefined;
      const invoked = new Promise<void>((resolve) => (called = resolve));
      lambda.answer = () => {
        called();
        return new Promise(() => undefined);
      };
      const reply = world.request(PROVISION, { certificateOwnershipToken: token, parameters: { SerialNumber: 'V1' } });
      await invoked;
      await world.clock.advance(5_000);
      expect((await reply).payload).toMatchObject({ statusCode: 403, errorCode: 'AccessDenied' });
      expect(world.log.at(-1)?.details).toContain('longer than 5 seconds');
    });

    test('is asked about one request after the other for one thing', async () => {
      addVehicleTemplate(world, VEHICLE_TEMPLATE, HOOK);
      let running = 0;
      let most = 0;
      lambda.answer = async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return { payload: '{"allowProvisioning":true}' };
      };
      const tokens = [await newToken(), await newToken()];
      await Promise.all(
        tokens.map(({ token }) =>
          world.request(PROVISION, { certificateOwnershipToken: token, parameters: { SerialNumber: 'V1' } }),
        ),
      );
      expect(most).toBe(1);
      expect(world.registry.principals.ofThing('V1')).toHaveLength(2);
    });
  });

  describe('topics', () => {
    test.each(['dt/vehicle/V1/telemetry', '$aws/things/V1/shadow/get', '$aws/certificatesX/create/json'])(
      '%s is none of its own',
      async (topic) => {
        await expect(world.request(topic)).rejects.toThrow('not reserved');
      },
    );

    test.each([
      '$aws/certificates/create',
      '$aws/certificates/create/xml',
      '$aws/certificates/create/json/accepted',
      '$aws/certificates/destroy/json',
      '$aws/provisioning-templates/vehicle/provision',
      '$aws/provisioning-templates//provision/json',
      '$aws/provisioning-templates/vehicle/describe/json',
    ])('%s is unsupported', async (topic) => {
      await expect(world.request(topic)).rejects.toThrow('unsupported');
    });
  });

  test('answers hostile payloads with a refusal in AWS form, and never fails', async () => {
    addVehicleTemplate(world);
    const { token } = await newToken();
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((json) => Buffer.from(json)),
      fc.anything({ maxDepth: 3 }).map((value) => {
        try {
          return encode(value);
        } catch {
          return Buffer.alloc(1);
        }
      }),
      fc
        .dictionary(fc.string(), fc.oneof(fc.string(), fc.jsonValue()))
        .map((parameters) => Buffer.from(JSON.stringify({ certificateOwnershipToken: token, parameters }))),
    );
    const topics = fc.constantFrom(
      CREATE_FROM_CSR,
      PROVISION,
      CREATE_FROM_CSR.replace('json', 'cbor'),
      PROVISION.replace('json', 'cbor'),
    );
    await fc.assert(
      fc.asyncProperty(topics, hostile, async (topic, payload) => {
        const replies = await world.topics.handle(
          { topic, payload, qos: 0, retain: false, source: { protocol: 'mqtt' }, receivedAt: 0 },
          { clientId: 'a', principal: 'c'.repeat(64), protocol: 'mqtt' },
        );
        const [reply] = replies as { topic: string; payload: Buffer }[];
        const answer = topic.endsWith('cbor') ? decode(reply!.payload) : JSON.parse(reply!.payload.toString());
        expect(reply!.topic).toBe(`${topic}/rejected`);
        expect(answer.statusCode).toBe(400);
        expect(answer.errorCode).not.toBe('InternalServerError');
      }),
      { numRuns: 400 },
    );
    expect(world.registry.things.table.size).toBe(0);
  });

  test('never meets a key of its own making in the reply of another', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [a, b] = await Promise.all([world.request(CREATE), world.request(CREATE)]);
    expect(a.payload['privateKey']).not.toBe(b.payload['privateKey']);
    expect(a.payload['privateKey']).not.toContain(privateKey.export({ format: 'pem', type: 'pkcs8' }) as string);
    expect(JSON.stringify(world.log)).not.toContain('PRIVATE KEY');
  });
});
