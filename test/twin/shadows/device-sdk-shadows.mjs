/**
 * A device and an app made with AWS's own device SDK (the CRT client), in a process of its own because it is native code.
 * Goes through the life of a named and of a classic shadow and prints what it saw as one line of JSON.
 *
 * Usage: node device-sdk-shadows.mjs '{"protocol":"mqtt5"|"mqtt311","host","port","ca","cert","key","thingName"}'
 */
import { once } from 'node:events';

import { iot, iotshadow, mqtt, mqtt5 } from 'aws-iot-device-sdk-v2';

const options = JSON.parse(process.argv[2]);
const { thingName } = options;
const LIMITS = { maxRequestResponseSubscriptions: 6, maxStreamingSubscriptions: 2, operationTimeoutInSeconds: 10 };

async function connectMqtt5() {
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
  return iotshadow.IotShadowClientv2.newFromMqtt5(client, LIMITS);
}

async function connectMqtt311() {
  const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder(options.cert, options.key)
    .with_certificate_authority(options.ca)
    .with_endpoint(options.host)
    .with_port(options.port)
    .with_client_id(thingName)
    .with_clean_session(true)
    .build();
  const connection = new mqtt.MqttClient().new_connection(config);
  await connection.connect();
  return iotshadow.IotShadowClientv2.newFromMqtt311(connection, LIMITS);
}

/** The service's error of a request that is refused. */
async function refused(request) {
  try {
    await request;
  } catch (error) {
    if (error.modeledError) return { code: error.modeledError.code, message: error.modeledError.message };
    throw error;
  }
  throw new Error('the request was accepted');
}

async function opened(stream) {
  const subscribed = once(stream, 'subscriptionStatus');
  stream.open();
  await subscribed;
  return stream;
}

const message = async (event) => (await event)[0].message;

const client = await (options.protocol === 'mqtt5' ? connectMqtt5() : connectMqtt311());
const shadow = { thingName, shadowName: 'climate' };
const deltas = await opened(client.createNamedShadowDeltaUpdatedStream(shadow));
const documents = await opened(client.createNamedShadowUpdatedStream(shadow));
const seen = {};

seen.missing = await refused(client.getNamedShadow(shadow));
const state = { color: 'green', on: true };
seen.created = await client.updateNamedShadow({ ...shadow, state: { desired: state, reported: state } });
seen.got = await client.getNamedShadow(shadow);
const delta = message(once(deltas, 'incomingPublish'));
const update = message(once(documents, 'incomingPublish'));
seen.desired = await client.updateNamedShadow({ ...shadow, state: { desired: { color: 'blue' } } });
seen.delta = await delta;
seen.documents = await update;
seen.conflict = await refused(client.updateNamedShadow({ ...shadow, state: { desired: {} }, version: 1 }));
seen.reported = await client.updateNamedShadow({ ...shadow, state: { reported: { color: 'blue' } }, version: 2 });
seen.settled = await client.getNamedShadow(shadow);
seen.deleted = await client.deleteNamedShadow(shadow);
seen.gone = await refused(client.getNamedShadow(shadow));
seen.classic = await client.updateShadow({ thingName, state: { reported: { online: true } } });
seen.classicGot = await client.getShadow({ thingName });
seen.classicDeleted = await client.deleteShadow({ thingName });
console.log(JSON.stringify(seen));
process.exit(0);
