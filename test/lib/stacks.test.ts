import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { cellOf } from './cells.ts';

const dev = cellOf('dev', 'main');

describe('the stacks of the dev cell', () => {
  test.each(['network', 'stream', 'frontDoor', 'downlink', 'ingest', 'consumers', 'operations'] as const)(
    '%s is as it was',
    (name) => {
      expect(Template.fromStack(dev[name]).toJSON()).toMatchSnapshot();
    },
  );
});
