import { expect, test } from 'vitest'
import { PsqlScript } from '../../../packages/services/src/seed/psql-script.ts'

/** Statements as their text, commands as `\name rest`, each with its line. */
function read(text: string, variables: { readonly [name: string]: string } = {}): readonly string[] {
  const script = new PsqlScript(text, new Map(Object.entries(variables)))
  const found: string[] = []
  for (let command = script.next(); command; command = script.next()) {
    const { meta, rest, line } = command
    found.push(`${line}: ${command.text}${meta === undefined ? '' : `\\${meta} ${rest}`}`)
    if (/^copy .* from stdin/i.test(command.text)) {
      const { data, line: at } = script.copyData()
      found.push(`${at}: <${data}>`)
    }
  }
  return found
}

const cases: { readonly [what: string]: readonly [text: string, expected: readonly string[]] } = {
  'statements in several lines, the last one without a semicolon': [
    '\n-- first; \nselect 1;\nselect\n 2;;\nselect 3 -- end',
    ['3: select 1;', '4: select\n 2;', '6: select 3 -- end'],
  ],
  'a byte order mark and line ends of Windows': [
    '\xEF\xBB\xBFselect 1;\r\nselect 2;\r\n',
    ['1: select 1;', '2: select 2;'],
  ],
  'quotes, escape strings and identifiers': [
    `select 'a;''b;', "x;""y;", E'\\';\\\\', 'c:\\'; select U&'d;'; select name'x;';`,
    [`1: select 'a;''b;', "x;""y;", E'\\';\\\\', 'c:\\';`, `1: select U&'d;';`, `1: select name'x;';`],
  ],
  'dollar quotes, with tags, and dollars in names and parameters': [
    'do $$ begin; end; $$; do $a$ ; $$ ; $b$ ; $a$; select a$b$, $1; select x$$;$$;',
    ['1: do $$ begin; end; $$;', '1: do $a$ ; $$ ; $b$ ; $a$;', '1: select a$b$, $1;', '1: select x$$;', '1: $$;'],
  ],
  'nested comments': ['/* ; /* ; */ ; */ select /* ; */ 1;', ['1: select /* ; */ 1;']],
  'a rule with statements in parentheses': [
    'create rule r as on insert to t do (delete from a; delete from b); select 1;',
    ['1: create rule r as on insert to t do (delete from a; delete from b);', '1: select 1;'],
  ],
  'a body of the standard, with CASE': [
    'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end; begin; end;',
    [
      '1: create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end;',
      '1: begin;',
      '1: end;',
    ],
  ],
  'the data of COPY, and the line after it': [
    "copy t from stdin;\n1\t;\n\\N\t'\n\\.\n\nselect 1;\nCOPY u FROM stdin; -- u\r\n2\r\n\\.\r\nselect 2;",
    [
      '1: copy t from stdin;',
      "2: <1\t;\n\\N\t'\n>",
      '6: select 1;',
      '7: COPY u FROM stdin;',
      '8: <2\r\n>',
      '10: select 2;',
    ],
  ],
  'a statement after COPY in its line': [
    'copy t from stdin; select 1;\n5\n\\.\nselect 2;',
    ['1: copy t from stdin;', '2: <5\n>', '1: select 1;', '2: select 2;'],
  ],
  'commands of psql, with what stands before them': [
    "\\restrict abc\nselect 'x' \\gexec\n\\connect db\nselect 1;",
    ['1: \\restrict abc', "2: select 'x' \\gexec ", '3: \\connect db', '4: select 1;'],
  ],
  variables: [
    `select :n, :'s', :"s", a::n, ':n', :none, x[1:n];`,
    [`1: select 7, 'it''s', "it's", a::n, ':n', :none, x[17];`],
  ],
  'an unfinished string': ["select 'a; select 2;", ["1: select 'a; select 2;"]],
}

test.for(Object.entries(cases))('a script is read as psql reads it: %s', ([, [text, expected]]) => {
  expect(read(text, { n: '7', s: "it's" })).toEqual(expected)
})

test('backslashes escape in every string while standard_conforming_strings is off', () => {
  const script = new PsqlScript(String.raw`select 'a\';'; select 2;`)
  script.standardStrings = false
  expect(script.next()?.text).toBe(String.raw`select 'a\';';`)
})

test('a megabyte of escapes in one string takes no stack', () => {
  const text = `select '${"''".repeat(500_000)}', E'${'\\\\'.repeat(500_000)}';`
  expect(new PsqlScript(`${text} select 1;`).next()?.text).toBe(text)
})
