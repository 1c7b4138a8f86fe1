import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import type { Key, Keys, NewKey } from './keys.ts';

type Properties = Readonly<Record<string, unknown>>;

/** `AWS::KMS::Key` and `AWS::KMS::Alias`. */
export function kmsProviders(keys: Keys): ResourceProvider[] {
  return [keyProvider(keys), aliasProvider(keys)];
}

function keyProvider(keys: Keys): ResourceProvider {
  const describe = (key: Key): ProvisionedResource => ({
    physicalId: key.id,
    attributes: { Arn: key.arn, KeyId: key.id },
  });
  const create = ({ properties }: ResourceRequest): ProvisionedResource => {
    const spec = (properties['KeySpec'] as string | undefined) ?? 'SYMMETRIC_DEFAULT';
    return describe(
      keys.create({
        ...settingsOf(properties),
        spec,
        usage: properties['KeyUsage'] as NewKey['usage'],
        multiRegion: String(properties['MultiRegion']) === 'true',
      }),
    );
  };
  return {
    type: 'AWS::KMS::Key',
    create,
    update(request) {
      const { physicalId, properties, previousProperties } = request;
      if (['KeySpec', 'KeyUsage', 'MultiRegion'].some((member) => properties[member] !== previousProperties[member]))
        return create(request);
      return describe(keys.update(physicalId, settingsOf(properties)));
    },
    delete({ physicalId, properties }) {
      const key = keys.find(physicalId);
      if (key && key.deletionAt === undefined)
        keys.scheduleDeletion(physicalId, Number(properties['PendingWindowInDays'] ?? 30));
    },
  };
}

function aliasProvider(keys: Keys): ResourceProvider {
  const create = ({ properties }: ResourceRequest): ProvisionedResource => {
    const name = String(properties['AliasName']);
    keys.createAlias(name, String(properties['TargetKeyId']));
    return { physicalId: name };
  };
  return {
    type: 'AWS::KMS::Alias',
    create,
    update(request) {
      if (request.properties['AliasName'] !== request.physicalId) return create(request);
      keys.updateAlias(request.physicalId, String(request.properties['TargetKeyId']));
      return { physicalId: request.physicalId };
    },
    delete({ physicalId }) {
      if (keys.hasAlias(physicalId)) keys.deleteAlias(physicalId);
    },
  };
}

function settingsOf(
  properties: Properties,
): Pick<Key, 'description' | 'enabled' | 'rotation' | 'tags'> & { policy?: string } {
  const tags = (properties['Tags'] as { Key: string; Value: string }[] | undefined) ?? [];
  return {
    description: String(properties['Description'] ?? ''),
    enabled: String(properties['Enabled'] ?? true) === 'true',
    rotation: String(properties['EnableKeyRotation'] ?? false) === 'true',
    tags: Object.fromEntries(tags.map(({ Key: key, Value: value }) => [key, value])),
    ...(properties['KeyPolicy'] !== undefined && { policy: JSON.stringify(properties['KeyPolicy']) }),
  };
}
