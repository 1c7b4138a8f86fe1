import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { readXml, XmlError } from '../../../twin/endpoint/xml-reader.ts';

const leaf = (name: string, text = '') => ({ name, text, children: [], attributes: {} });

describe('an XML document', () => {
  test.each([
    ['<a/>', leaf('a')],
    ['<?xml version="1.0" encoding="UTF-8"?>\n<a >x</a >', leaf('a', 'x')],
    ['\uFEFF<a>1 &lt; 2 &amp;&#38;&#x26; &quot;&apos;</a>', leaf('a', '1 < 2 &&& "\'')],
    ['<a><![CDATA[<b>&amp;]]></a>', leaf('a', '<b>&amp;')],
    ['<a><!-- <b> -->x</a>', leaf('a', 'x')],
    ['<s:a xmlns:s="urn:s">x</s:a>', { ...leaf('a', 'x'), attributes: { s: 'urn:s' } }],
    ['<a one=\'1\' xsi:type="two &amp; 2"/>', { ...leaf('a'), attributes: { one: '1', type: 'two & 2' } }],
    ['<a><b>1</b><b/></a>', { ...leaf('a'), children: [leaf('b', '1'), leaf('b')] }],
  ])('%s is read', (text, element) => {
    expect(readXml(text)).toEqual(element);
  });

  test.each([
    ['nothing', ''],
    ['text alone', 'x'],
    ['two roots', '<a/><b/>'],
    ['an element without an end', '<a><b></a>'],
    ['an end without a beginning', '</a>'],
    ['half a tag', '<a'],
    ['half a comment', '<a><!-- </a>'],
    ['no name', '< a/>'],
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['more depth than any request has', '<a>'.repeat(70) + '</a>'.repeat(70)],
  ])('of %s is refused', (_name, text) => {
    expect(() => readXml(text)).toThrow(XmlError);
  });

  test('of any text at all is read or refused', () => {
    const fragments = [
      '<',
      '>',
      '</',
      '/>',
      'a',
      '<a>',
      '</a>',
      '&',
      '&lt;',
      '&#x;',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '="',
      "'",
      ' ',
      '<?',
    ];
    const text = fc
      .array(fc.oneof(fc.constantFrom(...fragments), fc.string()), { maxLength: 30 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (document) => {
        try {
          return typeof readXml(document).name === 'string';
        } catch (error) {
          return error instanceof XmlError;
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each(['<a '.repeat(50_000), `<a ${'b '.repeat(100_000)}/>`, '&'.repeat(200_000), `<a>${'<!--'.repeat(50_000)}`])(
    'of hostile length takes no longer than its length (%#)',
    (text) => {
      const started = performance.now();
      expect(() => {
        try {
          readXml(text);
        } catch (error) {
          if (!(error instanceof XmlError)) throw error;
        }
      }).not.toThrow();
      expect(performance.now() - started).toBeLessThan(1000);
    },
  );
});
