/**
 * The zones that `Fn::GetAZs` answers. CloudFormation gives those with a default subnet in the account; a twin's account
 * has three in every Region, which is what a template may count on at most.
 */
export function availabilityZones(region: string): string[] {
  return ['a', 'b', 'c'].map((letter) => `${region}${letter}`);
}
