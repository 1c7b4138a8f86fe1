import { describe, expect, test } from '@jest/globals';

import { conditionHolds, parseConditionName } from '../../../twin/policy-language/condition.ts';
import { contextOf } from '../../../twin/policy-language/context.ts';
import { parseTemplate } from '../../../twin/policy-language/template.ts';

type Request = Record<string, string | string[]>;

function holds(name: string, policyValues: readonly unknown[], request: Request): boolean {
  const values = policyValues.map((value) => parseTemplate(String(value), true));
  return conditionHolds({ name, ...parseConditionName(name)!, key: 'Key', values }, contextOf(request));
}

const ARN = 'arn:aws:sns:us-east-1:123456789012:alerts';

describe('condition operators', () => {
  test.each<[string, readonly unknown[], Request, boolean]>([
    ['StringEquals', ['a'], { key: 'a' }, true],
    ['StringEquals', ['a'], { KEY: 'A' }, false],
    ['StringEquals', ['a', 'b'], { key: 'b' }, true],
    ['StringEquals', ['a*'], { key: 'ab' }, false],
    ['StringEquals', ['a*'], { key: 'a*' }, true],
    ['StringEquals', ['a'], {}, false],
    ['StringEquals', [1], { key: '1' }, true],
    ['StringNotEquals', ['a', 'b'], { key: 'b' }, false],
    ['StringNotEquals', ['a', 'b'], { key: 'c' }, true],
    ['StringNotEquals', ['a'], {}, true],
    ['StringEqualsIgnoreCase', ['PreProd'], { key: 'preprod' }, true],
    ['StringNotEqualsIgnoreCase', ['PreProd'], { key: 'preprod' }, false],
    ['StringLike', ['home/*'], { key: 'home/x/y' }, true],
    ['StringLike', ['home/?'], { key: 'home/xy' }, false],
    ['StringLike', ['home/${*}'], { key: 'home/x' }, false],
    ['StringLike', ['home/${*}'], { key: 'home/*' }, true],
    ['StringLike', ['home/${user}/*'], { key: 'home/eva/x', user: 'eva' }, true],
    ['StringLike', ['home/${user}/*'], { key: 'home/eva/x', user: '*' }, false],
    ['StringLike', ['home/${user}/*'], { key: 'home/eva/x' }, false],
    ['StringNotLike', ['home/${user}/*'], { key: 'home/eva/x' }, true],
    ['StringLike', ["home/${user, 'all'}/*"], { key: 'home/all/x' }, true],
    ['NumericEquals', ['10'], { key: '10.0' }, true],
    ['NumericNotEquals', ['10'], { key: '11' }, true],
    ['NumericNotEquals', ['10'], {}, true],
    ['NumericLessThan', [10], { key: '9' }, true],
    ['NumericLessThanEquals', ['10'], { key: '10' }, true],
    ['NumericGreaterThan', ['10'], { key: '9' }, false],
    ['NumericGreaterThanEquals', ['1e1'], { key: '10' }, true],
    ['NumericLessThan', ['ten'], { key: '9' }, false],
    ['NumericLessThan', ['10'], { key: '0x1' }, false],
    ['DateEquals', ['2026-01-01T00:00:00Z'], { key: '1767225600' }, true],
    ['DateNotEquals', ['2026-01-01T00:00:00Z'], { key: '1767225601' }, true],
    ['DateLessThan', ['2026-01-01'], { key: '2025-12-31T23:59:59Z' }, true],
    ['DateGreaterThan', ['2026-01-01T02:00:00+02:00'], { key: '2026-01-01T00:00:01Z' }, true],
    ['DateLessThanEquals', ['soon'], { key: '2026-01-01T00:00:00Z' }, false],
    ['DateGreaterThanEquals', ['2026'], { key: '2026-01-01T00:00:00Z' }, true],
    ['Bool', [true], { key: 'true' }, true],
    ['Bool', ['TRUE'], { key: 'true' }, true],
    ['Bool', ['false'], { key: 'true' }, false],
    ['Bool', ['true'], {}, false],
    ['Bool', ['yes'], { key: 'yes' }, false],
    ['BinaryEquals', ['QmluYXJ5VmFsdWVJbkJhc2U2NA=='], { key: 'QmluYXJ5VmFsdWVJbkJhc2U2NA' }, true],
    ['BinaryEquals', ['QmluYXJ5VmFsdWVJbkJhc2U2NA=='], { key: 'ASIAIOSFODNN7EXAMPLE' }, false],
    ['IpAddress', ['203.0.113.0/24'], { key: '203.0.113.255' }, true],
    ['IpAddress', ['203.0.113.0/24'], { key: '203.0.114.0' }, false],
    ['IpAddress', ['203.0.113.7'], { key: '203.0.113.7' }, true],
    ['IpAddress', ['2001:DB8:1234:5678::/64'], { key: '2001:db8:1234:5678::1' }, true],
    ['IpAddress', ['2001:DB8:1234:5678::/64'], { key: '203.0.113.7' }, false],
    ['IpAddress', ['0.0.0.0/0'], { key: '203.0.113.7' }, true],
    ['IpAddress', ['203.0.113.0/33'], { key: '203.0.113.0' }, false],
    ['IpAddress', ['everywhere'], { key: '203.0.113.0' }, false],
    ['NotIpAddress', ['203.0.113.0/24'], { key: '203.0.113.1' }, false],
    ['NotIpAddress', ['203.0.113.0/24'], { key: '198.51.100.1' }, true],
    ['ArnEquals', [ARN], { key: ARN }, true],
    ['ArnEquals', ['arn:aws:sns:*:123456789012:*'], { key: ARN }, true],
    ['ArnLike', ['arn:aws:sns:us-*-1:*:al?rts'], { key: ARN }, true],
    ['ArnLike', ['arn:aws:*:alerts'], { key: ARN }, false],
    ['ArnLike', ['arn:aws:sns:us-east-1:${account}:*'], { key: ARN, account: '123456789012' }, true],
    ['ArnLike', ['arn:aws:logs:*:*:log-group:a:*'], { key: 'arn:aws:logs:us-east-1:1:log-group:a:b' }, true],
    ['ArnNotEquals', [ARN], { key: ARN }, false],
    ['ArnNotLike', ['arn:aws:sqs:*:*:*'], { key: ARN }, true],
    ['ArnEquals', [ARN], {}, false],
    ['Null', [true], {}, true],
    ['Null', ['false'], {}, false],
    ['Null', ['false'], { key: 'a' }, true],
    ['Null', ['true'], { key: [] }, true],
    ['StringEqualsIfExists', ['a'], {}, true],
    ['StringEqualsIfExists', ['a'], { key: 'b' }, false],
    ['StringLikeIfExists', ['t1.*', 't2.*'], { key: 't1.micro' }, true],
    ['StringLikeIfExists', ['t1.*', 't2.*'], { key: 'm2.micro' }, false],
    ['StringNotEqualsIfExists', ['a'], {}, true],
    ['ForAnyValue:StringEqualsIfExists', ['a'], {}, true],
    ['ForAllValues:StringEquals', ['a', 'b'], { key: ['a', 'b'] }, true],
    ['ForAllValues:StringEquals', ['a', 'b'], { key: ['a', 'c'] }, false],
    ['ForAllValues:StringEquals', ['a', 'b'], {}, true],
    ['ForAllValues:StringEquals', [], { key: ['a'] }, false],
    ['ForAllValues:StringEquals', [], { key: [] }, true],
    ['ForAllValues:StringNotEquals', ['a'], { key: ['b', 'c'] }, true],
    ['ForAllValues:StringNotEquals', ['a'], { key: ['b', 'a'] }, false],
    ['ForAnyValue:StringEquals', ['a', 'b'], { key: ['b', 'c'] }, true],
    ['ForAnyValue:StringEquals', ['a', 'b'], { key: ['c'] }, false],
    ['ForAnyValue:StringEquals', ['a', 'b'], {}, false],
    ['ForAnyValue:StringNotEquals', ['a'], { key: ['a', 'b'] }, true],
    ['ForAnyValue:StringNotEquals', ['a'], { key: ['a'] }, false],
    ['ForAnyValue:StringLike', ['x*'], { key: ['a', 'xy'] }, true],
    ['ForAllValues:ArnLike', ['arn:aws:sns:*:*:*'], { key: [ARN] }, true],
    ['ForAllValues:Bool', ['true'], { key: ['true', 'false'] }, false],
    ['StringEquals', ['a', 'b'], { key: ['a', 'b'] }, true],
    ['StringEquals', ['a'], { key: ['a', 'b'] }, false],
  ])('%s %j for %j: %j', (name, policyValues, request, expected) => {
    expect(holds(name, policyValues, request)).toBe(expected);
  });

  test.each([
    'StringMatches',
    'stringequals',
    'NullIfExists',
    'ForAllValues:Null',
    'ForSomeValues:StringEquals',
    '',
    'IfExists',
  ])('there is no operator called %j', (name) => {
    expect(parseConditionName(name)).toBeUndefined();
  });
});
