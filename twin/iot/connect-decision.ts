import type { BrokerAction, ConnectRequest, Refusal } from './broker/ports.ts';
import type { Authorizer, ConnectionFacts } from './policy/index.ts';

/** What the CONNECT packet and its connection tell the policies, whoever the client is. */
export function connectFacts(
  request: ConnectRequest,
): Pick<ConnectionFacts, 'clientId' | 'sourceIp' | 'domain' | 'connectAttributes' | 'lastWillTopic'> {
  const { clientId, sourceIp, serverName, persistent, lastWill } = request;
  return {
    clientId,
    sourceIp,
    domain: serverName,
    connectAttributes: [...(persistent ? ['PersistentConnect'] : []), ...(lastWill ? ['LastWill'] : [])],
    lastWillTopic: lastWill?.topic,
  };
}

/** Why the policies do not let a client connect; an HTTPS request has no MQTT connection, so nothing is asked for it. */
export function refuseConnect(authorizer: Authorizer, request: ConnectRequest): Refusal | undefined {
  const { clientId, lastWill, transport } = request;
  if (transport === 'https') return undefined;
  const refusal = (action: 'iot:Connect' | BrokerAction, resource: string): Refusal => ({
    refused: 'NOT_AUTHORIZED',
    detail: authorizer.decide(action, resource).because,
  });
  if (!authorizer.isAllowed('iot:Connect', clientId)) return refusal('iot:Connect', clientId);
  if (!lastWill || authorizer.mayPublish(lastWill.topic, lastWill.retain)) return undefined;
  // A will is published in the client's name, so the client must be allowed to publish it.
  return refusal(lastWill.retain ? 'iot:RetainPublish' : 'iot:Publish', lastWill.topic);
}
