/**
 * A device made with AWS's own device SDK (the CRT client), in a process of its own because it is native code. It waits
 * for a job, carries it out with one mistake on the way, and prints what it saw as one line of JSON, after the line
 * `listening`.
 *
 * Usage: node device-sdk-jobs.mjs '{"client":"v1-mqtt311"|"v2-mqtt311"|"v2-mqtt5","host","port","ca","cert","key","thingName"}'
 */
import { once } from 'node:events';

import { iot, iotjobs, mqtt, mqtt5 } from 'aws-iot-device-sdk-v2';

const options = JSON.parse(process.argv[2]);
const { thingName } = options;
const QOS = mqtt.QoS.AtLeastOnce;
const LIMITS = { maxRequestResponseSubscriptions: 6, maxStreamingSubscriptions: 2, operationTimeoutInSeconds: 10 };

async function connection311() {
  const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder(options.cert, options.key)
    .with_certificate_authority(options.ca)
    .with_endpoint(options.host)
    .with_port(options.port)
    .with_client_id(thingName)
    .with_clean_session(true)
    .build();
  const connection = new mqtt.MqttClient().new_connection(config);
  await connection.connect();
  return connection;
}

async function client5() {
  const config = iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromMemory(
    options.host,
    options.cert,
    options.key,
  )
    .withCertificateAuthority(options.ca)
    .withPort(options.port)
    .withConnectProperties({ clientId: thingName, keepAliveIntervalSeconds: 60 })
    .build();
  const client = new mqtt5.Mqtt5Client(config);
  const connected = once(client, 'connectionSuccess');
  client.start();
  await connected;
  return client;
}

/** The first client of the SDK: an answer is a message on a subscription of its own. */
async function firstClient() {
  const jobs = new iotjobs.IotJobsClient(await connection311());
  const waiting = [];
  const accepted = (_, response) => waiting.shift()?.resolve(response);
  const rejected = (_, { code, message, executionState }) =>
    waiting.shift()?.reject({ modeledError: { code, message, executionState } });
  const job = { thingName, jobId: '+' };
  for (const name of ['GetPendingJobExecutions', 'StartNextPendingJobExecution']) {
    await jobs[`subscribeTo${name}Accepted`]({ thingName }, QOS, accepted);
    await jobs[`subscribeTo${name}Rejected`]({ thingName }, QOS, rejected);
  }
  for (const name of ['DescribeJobExecution', 'UpdateJobExecution']) {
    await jobs[`subscribeTo${name}Accepted`](job, QOS, accepted);
    await jobs[`subscribeTo${name}Rejected`](job, QOS, rejected);
  }
  const asking = (name) => (request) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      void jobs[`publish${name}`](request, QOS);
    });
  return {
    onList: (listener) => jobs.subscribeToJobExecutionsChangedEvents({ thingName }, QOS, (_, event) => listener(event)),
    onNext: (listener) =>
      jobs.subscribeToNextJobExecutionChangedEvents({ thingName }, QOS, (_, event) => listener(event)),
    getPendingJobExecutions: asking('GetPendingJobExecutions'),
    startNextPendingJobExecution: asking('StartNextPendingJobExecution'),
    describeJobExecution: asking('DescribeJobExecution'),
    updateJobExecution: asking('UpdateJobExecution'),
  };
}

async function secondClient() {
  const jobs = options.client.endsWith('mqtt5')
    ? iotjobs.IotJobsClientv2.newFromMqtt5(await client5(), LIMITS)
    : iotjobs.IotJobsClientv2.newFromMqtt311(await connection311(), LIMITS);
  const streaming = async (stream, listener) => {
    stream.on('incomingPublish', ({ message }) => listener(message));
    const subscribed = once(stream, 'subscriptionStatus');
    stream.open();
    await subscribed;
  };
  return {
    onList: (listener) => streaming(jobs.createJobExecutionsChangedStream({ thingName }), listener),
    onNext: (listener) => streaming(jobs.createNextJobExecutionChangedStream({ thingName }), listener),
    getPendingJobExecutions: (request) => jobs.getPendingJobExecutions(request),
    startNextPendingJobExecution: (request) => jobs.startNextPendingJobExecution(request),
    describeJobExecution: (request) => jobs.describeJobExecution(request),
    updateJobExecution: (request) => jobs.updateJobExecution(request),
  };
}

async function refused(request) {
  try {
    await request;
  } catch (error) {
    if (error.modeledError) return error.modeledError;
    throw error;
  }
  throw new Error('the request was accepted');
}

const client = await (options.client === 'v1-mqtt311' ? firstClient() : secondClient());
const lists = [];
const nexts = [];
let told = () => undefined;
await client.onList(({ jobs }) => {
  lists.push(Object.entries(jobs).map(([status, executions]) => [status, executions.map(({ jobId }) => jobId)]));
  told();
});
await client.onNext(({ execution }) => {
  nexts.push(execution?.jobId ?? null);
  told();
});
/** Both notifications have come so many times. */
async function notifications(count) {
  while (lists.length < count || nexts.length < count) await new Promise((resolve) => (told = resolve));
}

const seen = {};
seen.empty = await client.getPendingJobExecutions({ thingName });
console.log('listening');
await notifications(1);
seen.started = (
  await client.startNextPendingJobExecution({ thingName, statusDetails: { step: 'download' }, stepTimeoutInMinutes: 5 })
).execution;
const job = { thingName, jobId: seen.started.jobId };
seen.described = (await client.describeJobExecution({ ...job, includeJobDocument: true })).execution;
seen.pending = await client.getPendingJobExecutions({ thingName });
seen.mismatch = await refused(client.updateJobExecution({ ...job, status: 'SUCCEEDED', expectedVersion: 9 }));
seen.updated = await client.updateJobExecution({
  ...job,
  ...{ status: 'SUCCEEDED', statusDetails: { step: 'done' }, expectedVersion: 2, includeJobExecutionState: true },
});
seen.late = await refused(client.updateJobExecution({ ...job, status: 'FAILED' }));
seen.unknown = await refused(client.describeJobExecution({ thingName, jobId: 'unknown' }));
await notifications(2);
console.log(JSON.stringify({ ...seen, lists, nexts }));
process.exit(0);
