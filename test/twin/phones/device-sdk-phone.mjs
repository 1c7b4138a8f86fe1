/**
 * A client made with AWS's own device SDK (MQTT 5), without a certificate, in a process of its own because it is native
 * code: it connects, publishes one message and prints the reason code of its PUBACK, or why it was not let in.
 *
 * Usage: node device-sdk-phone.mjs '{"way": "custom-mqtt" | "custom-websocket" | "sigv4-websocket", "host", "port", "ca",
 *   "clientId", "topic", "authorizer"?, "password"?, "credentials"?}'
 */
import { once } from 'node:events';
import { auth, iot, mqtt5 } from 'aws-iot-device-sdk-v2';

const { way, host, port, ca, clientId, topic, authorizer, password, credentials } = JSON.parse(process.argv[2]);
const custom = { authorizerName: authorizer, username: '', password: password && Buffer.from(password) };
const { AwsIotMqtt5ClientConfigBuilder: Builder } = iot;

const builder = {
  'custom-mqtt': () => Builder.newDirectMqttBuilderWithCustomAuth(host, custom),
  'custom-websocket': () => Builder.newWebsocketMqttBuilderWithCustomAuth(host, custom),
  'sigv4-websocket': () =>
    Builder.newWebsocketMqttBuilderWithSigv4Auth(host, {
      region: 'us-east-1',
      credentialsProvider: auth.AwsCredentialsProvider.newStatic(credentials.accessKeyId, credentials.secretAccessKey),
    }),
}
  [way]()
  .withCertificateAuthority(ca)
  .withPort(port)
  .withConnectProperties({ clientId, keepAliveIntervalSeconds: 60 });

const client = new mqtt5.Mqtt5Client(builder.build());
const outcome = Promise.race([
  once(client, 'connectionSuccess').then(() => undefined),
  once(client, 'connectionFailure').then(([{ error, connack }]) => connack?.reasonCode ?? String(error)),
]);
client.start();
const refused = await outcome;
const answer =
  refused === undefined ? await client.publish({ topicName: topic, qos: 1, payload: 'hello' }) : { refused };
console.log(JSON.stringify(answer));
process.exit(0);
