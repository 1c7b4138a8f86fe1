import { describe, expect, test } from '@jest/globals';
import { bootstrapBrokers } from '../../lambdas/bootstrap-brokers/bootstrap-brokers.ts';
import { iotAccountSettings } from '../../lambdas/iot-account-settings/iot-account-settings.ts';
import { iotEndpoints } from '../../lambdas/iot-endpoints/iot-endpoints.ts';
import { LONGEST_WAIT, ruleDestinationReady } from '../../lambdas/rule-destination-ready/rule-destination-ready.ts';
import { customResource, type CustomResourceRequest, type Fetch } from '../../lambdas/shared/custom-resource.ts';
import { logger } from '../../lambdas/shared/logger.ts';

logger.setLogLevel('SILENT');

const request = (changes: Partial<CustomResourceRequest> = {}): CustomResourceRequest => ({
  RequestType: 'Create',
  ResponseURL: 'https://response.example/',
  StackId: 's',
  RequestId: 'r',
  LogicalResourceId: 'Thing',
  ResourceProperties: { Size: '3' },
  ...changes,
});

/** What CloudFormation got. */
function cloudFormation(statuses: number[] = []) {
  const responses: Record<string, unknown>[] = [];
  const answer: Fetch = async (_url, { method, body }) => {
    expect([method, body]).toEqual(['PUT', expect.any(Uint8Array)]);
    responses.push(JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>);
    const status = statuses.shift() ?? 200;
    return { ok: status === 200, status };
  };
  return { responses, answer };
}

describe('a custom resource', () => {
  test('answers with its id and attributes', async () => {
    const { responses, answer } = cloudFormation();
    await customResource(async ({ Size }) => ({ physicalId: 'id', data: { Size: String(Size) } }), answer)(request());
    expect(responses).toEqual([
      {
        ...{ StackId: 's', RequestId: 'r', LogicalResourceId: 'Thing' },
        ...{ Status: 'SUCCESS', PhysicalResourceId: 'id', Data: { Size: '3' } },
      },
    ]);
  });

  test('that fails says why, and keeps the id it had', async () => {
    const { responses, answer } = cloudFormation();
    const failing = customResource(() => Promise.reject(new TypeError('no such cluster')), answer);
    await failing(request({ RequestType: 'Update', PhysicalResourceId: 'id' }));
    expect(responses[0]).toMatchObject({
      Status: 'FAILED',
      Reason: 'TypeError: no such cluster',
      PhysicalResourceId: 'id',
    });
  });

  test('is always deleted, also when it could never be created: a rollback must not hang', async () => {
    const { responses, answer } = cloudFormation();
    const failing = customResource(() => Promise.reject(new Error('down')), answer);
    await failing(request({ RequestType: 'Delete', PhysicalResourceId: 'Thing' }));
    expect(responses[0]).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'Thing' });
  });

  test('sends its answer again when it was not taken, three times at most', async () => {
    const ensure = async () => ({ physicalId: 'id' });
    const busy = cloudFormation([500, 503, 200]);
    await customResource(ensure, busy.answer)(request());
    expect(busy.responses).toHaveLength(3);
    const dead = cloudFormation([500, 500, 500]);
    await expect(customResource(ensure, dead.answer)(request())).rejects.toThrow('answered 500');
  });
});

describe('the bootstrap brokers', () => {
  test('are those of the cluster, the id stays the same', async () => {
    const outcome = await bootstrapBrokers({ ClusterArn: 'arn' }, async (arn) => ({
      BootstrapBrokerStringSaslScram: `${arn}:9096`,
      BootstrapBrokerStringSaslIam: `${arn}:9098`,
    }));
    expect(outcome).toEqual({
      physicalId: 'bootstrap-brokers:arn',
      data: { SaslScram: 'arn:9096', SaslIam: 'arn:9098' },
    });
  });

  test('of a cluster without SCRAM are an error that names it', async () => {
    await expect(bootstrapBrokers({ ClusterArn: 'arn' }, async () => ({}))).rejects.toThrow(
      'cluster arn offers no SASL/SCRAM',
    );
  });
});

test('the endpoint is the ATS one; none is an error', async () => {
  expect(await iotEndpoints(async (type) => (type === 'iot:Data-ATS' ? 'x-ats.iot' : undefined))).toEqual({
    physicalId: 'iot-endpoints',
    data: { Data: 'x-ats.iot' },
  });
  await expect(iotEndpoints(async () => undefined)).rejects.toThrow('no endpoint');
});

test('the account settings switch on the events that are named, and the fleet index', async () => {
  const calls: unknown[] = [];
  const outcome = await iotAccountSettings(
    { Events: ['THING', 'JOB'] },
    {
      updateEventConfigurations: async (events) => calls.push(events),
      updateIndexingConfiguration: async (indexing) => calls.push(indexing),
    },
  );
  expect(outcome).toEqual({ physicalId: 'iot-account-settings' });
  expect(calls).toEqual([
    { THING: { Enabled: true }, JOB: { Enabled: true } },
    { thingIndexingMode: 'REGISTRY', thingConnectivityIndexingMode: 'STATUS' },
  ]);
});

describe('the wait for the rule destination', () => {
  function destination(...statuses: string[]) {
    const clock = { now: 0 };
    return {
      clock,
      api: {
        describe: async () => ({
          status: statuses.length > 1 ? statuses.shift() : statuses[0],
          statusReason: 'subnet full',
        }),
        wait: async (milliseconds: number) => (clock.now += milliseconds),
        now: () => clock.now,
      },
    };
  }

  test('ends when it is enabled', async () => {
    const { api, clock } = destination('IN_PROGRESS', 'IN_PROGRESS', 'ENABLED');
    expect(await ruleDestinationReady({ DestinationArn: 'd' }, api)).toEqual({ physicalId: 'ready:d' });
    expect(clock.now).toBe(10_000);
  });

  test.each(['ERROR', 'DISABLED', 'DELETING'])('fails at once with the reason of AWS when it is %s', async (status) => {
    const { api } = destination('IN_PROGRESS', status);
    await expect(ruleDestinationReady({ DestinationArn: 'd' }, api)).rejects.toThrow(`d is ${status}: subnet full`);
  });

  test('gives up before Lambda would end it', async () => {
    const { api, clock } = destination('IN_PROGRESS');
    await expect(ruleDestinationReady({ DestinationArn: 'd' }, api)).rejects.toThrow('still IN_PROGRESS');
    expect(clock.now).toBeGreaterThan(LONGEST_WAIT);
    expect(clock.now).toBeLessThan(15 * 60_000);
  });
});
