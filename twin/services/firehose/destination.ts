/** The members of CreateDeliveryStream and of the CloudFormation resource that say where records go. */
const CONFIGURATION = /^(.+Destination)Configuration$/;

/** What of an input names a destination; kept as it is. */
export function destinationIn(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(input).filter(([name, value]) => CONFIGURATION.test(name) && value !== undefined),
  );
}

/**
 * As DescribeDeliveryStream names it: `ExtendedS3DestinationConfiguration` becomes `ExtendedS3DestinationDescription`,
 * with the members that AWS adds.
 */
export function describedDestination(destination: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(destination).map(([name, configuration]) => {
      const description = name.replace(CONFIGURATION, '$1Description');
      const initial = /S3Destination/.test(name)
        ? {
            BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
            CompressionFormat: 'UNCOMPRESSED',
            EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
          }
        : {};
      return [description, { ...initial, ...(configuration as Record<string, unknown>) }];
    }),
  );
}
