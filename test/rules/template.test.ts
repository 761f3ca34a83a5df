import { describe, expect, it } from 'vitest';
import { Template, type TemplateValues } from '../../src/rules/template.js';

const empty: TemplateValues = {
  event: 'kmalloc',
  gfp: '',
  size: '',
  order: '',
  caller: '',
  lock: '',
  locks: '',
  taken_by: '',
  context: '',
};

describe('message templates', () => {
  it.each<[string, Partial<TemplateValues>, string]>([
    ['{event} is bad', {}, 'kmalloc is bad'],
    ['{event}[ ({gfp})] under {lock}', { lock: 'a' }, 'kmalloc under a'],
    ['{event}[ ({gfp})] under {lock}', { lock: 'a', gfp: 'none' }, 'kmalloc (none) under a'],
    ['x[ {gfp} by {caller}]', { gfp: 'none' }, 'x'],
    ['[always]', {}, 'always'],
    ['{lock}', { lock: '&port[1]{x}' }, '&port[1]{x}'],
  ])('%s with %j', (source, values, text) => {
    expect(new Template(source).render({ ...empty, ...values })).toBe(text);
  });

  it('refuses brackets inside brackets', () => {
    expect(() => new Template('a[b[c]]')).toThrow('brackets inside brackets');
  });
});
