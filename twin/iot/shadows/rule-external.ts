import { arn, type Account } from '../../account.ts';
import type { Externals } from '../sql/index.ts';
import { checkShadowKey, policyResource } from './shadow-name.ts';
import type { Shadows } from './shadows.ts';

/**
 * SQL's `get_thing_shadow()`: the document that GetThingShadow returns, with the rights of the role that the statement
 * names (developer guide, "get_thing_shadow").
 *
 * @param authorize throws when the role may not
 */
export function shadowOfRules(
  shadows: Shadows,
  account: Account,
  authorize: (roleArn: string, action: string, resource: string) => void,
): NonNullable<Externals['getThingShadow']> {
  return ({ roleArn, ...key }) => {
    authorize(roleArn, 'iot:GetThingShadow', arn(account, 'iot', `thing/${policyResource(key)}`));
    checkShadowKey(key);
    return shadows.get(key);
  };
}
