import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { AcknowledgementQueue } from '../../../../twin/iot/broker/acknowledgements.ts';

describe('PUBACKs', () => {
  test('leave in the order of their PUBLISHes, whatever order the rules finish in', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), (priorities) => {
        const sent: number[] = [];
        const queue = new AcknowledgementQueue((packetId) => sent.push(packetId));
        const places = priorities.map((priority, index) => ({ priority, fill: queue.reserve(index + 1) }));
        for (const { fill } of [...places].sort((a, b) => a.priority - b.priority)) fill(0);
        expect(sent).toEqual(priorities.map((_, index) => index + 1));
        expect(queue.length).toBe(0);
      }),
    );
  });

  test('that wait for nothing stay behind those that do', () => {
    const sent: [number, number][] = [];
    const queue = new AcknowledgementQueue((...each) => sent.push(each));
    queue.acknowledge(1, 0);
    const second = queue.reserve(2);
    queue.acknowledge(3, 0x87);
    expect(sent).toEqual([[1, 0]]);
    second(0x80);
    expect(sent).toEqual([
      [1, 0],
      [2, 0x80],
      [3, 0x87],
    ]);
  });
});
