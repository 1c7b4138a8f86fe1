import { generatedName } from '../../cloudformation/physical-names.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import type { TopicRuleDestination } from './destinations.ts';
import { payloadOfProperties, toApiForm } from './payload-properties.ts';
import type { RulesEngine } from './rules-engine.ts';

/** `AWS::IoT::TopicRule` and `AWS::IoT::TopicRuleDestination`. */
export function ruleProviders(engine: RulesEngine): ResourceProvider[] {
  return [topicRuleProvider(engine), destinationProvider(engine)];
}

function topicRuleProvider(engine: RulesEngine): ResourceProvider {
  const describe = (ruleName: string): ProvisionedResource => ({
    physicalId: ruleName,
    attributes: { Arn: engine.arnOf(ruleName) },
  });
  return {
    type: 'AWS::IoT::TopicRule',
    create(request) {
      const ruleName = ruleNameOf(request);
      engine.createRule(ruleName, payloadOfProperties(request.properties['TopicRulePayload']));
      return describe(ruleName);
    },
    update(request) {
      const ruleName = ruleNameOf(request);
      const payload = payloadOfProperties(request.properties['TopicRulePayload']);
      if (ruleName === request.physicalId) engine.replaceRule(ruleName, payload);
      else engine.createRule(ruleName, payload);
      return describe(ruleName);
    },
    delete({ physicalId }) {
      if (engine.hasRule(physicalId)) engine.deleteRule(physicalId);
    },
  };
}

/** CloudFormation makes names with hyphens, which rules may not have. */
function ruleNameOf({ properties, stackName, logicalId }: ResourceRequest): string {
  const given = properties['RuleName'];
  return given === undefined
    ? generatedName(stackName, logicalId, 128).replaceAll(/[^A-Za-z0-9_]/g, '_')
    : String(given);
}

function destinationProvider(engine: RulesEngine): ResourceProvider {
  const { destinations } = engine;
  const create = ({ properties }: ResourceRequest): ProvisionedResource => {
    const { vpcProperties, httpUrlProperties, status } = toApiForm(properties) as Record<string, never>;
    const destination = destinations.create({ vpcProperties, httpUrlProperties });
    if (status) destinations.updateStatus(destination.arn, status);
    return describe(destinations.get(destination.arn));
  };
  const find = (physicalId: string): TopicRuleDestination | undefined =>
    destinations.list().find((destination) => idOf(destination.arn) === physicalId);
  return {
    type: 'AWS::IoT::TopicRuleDestination',
    create,
    update(request) {
      const existing = find(request.physicalId);
      const changed = ['VpcProperties', 'HttpUrlProperties'].some(
        (name) => JSON.stringify(request.properties[name]) !== JSON.stringify(request.previousProperties[name]),
      );
      if (!existing || changed) return create(request);
      destinations.updateStatus(existing.arn, String(request.properties['Status'] ?? 'ENABLED'));
      return describe(destinations.get(existing.arn));
    },
    delete({ physicalId }) {
      const existing = find(physicalId);
      if (existing) destinations.delete(existing.arn);
    },
  };
}

/** `Ref` is not the ARN (CloudFormation template reference): a template that takes it for one fails here as it does there. */
function describe(destination: TopicRuleDestination): ProvisionedResource {
  return {
    physicalId: idOf(destination.arn),
    attributes: { Arn: destination.arn, StatusReason: destination.statusReason },
  };
}

function idOf(destinationArn: string): string {
  return destinationArn.split('/').at(-1)!;
}
