/** The name of a cell's stage, with which `cdk deploy "<stage>/*"` selects its stacks. */
export function stageName(environment: string, cell: string): string {
  return `${environment}-${cell}`;
}
