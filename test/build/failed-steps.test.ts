import { expect, test } from 'vitest'
import { toBuildError } from '../../packages/build/src/build-error.ts'
import { lineOf } from '../../packages/build/src/find-instruction-line.ts'
import { stepOf } from '../../packages/build/src/parse-steps.ts'
import type { ImageBuild } from '../../packages/core/src/contract/builder.ts'

const dockerfileInline = `# A comment.
ARG VERSION=1
FROM busybox:\${VERSION} AS base

RUN npm ci \\
  # Not part of it.
  && npm run build
COPY <<-EOF /script
\tRUN not an instruction
\tEOF
RUN npm run build
RUN false
`
const build = { service: 'app', spec: { context: '/', dockerfileInline } } as unknown as ImageBuild

// What the releases print that the test bed does not have, beside those that it has.
test.each<[string, string, string]>([
  [
    'BuildKit 0.24',
    `#5 [2/3] RUN npm ci   && npm run build
#5 0.080 out
#5 ERROR: process "/bin/sh -c npm ci   && npm run build" did not complete successfully: exit code: 1
------
 > [2/3] RUN npm ci   && npm run build:
0.080 out
------
Dockerfile:5
--------------------
   5 | >>> RUN npm ci \\
--------------------
ERROR: failed to solve: process "/bin/sh -c npm ci   && npm run build" did not complete successfully: exit code: 1
`,
    `services.app.image: the build failed at dockerfileInline:5: RUN npm ci   && npm run build
it reports: failed to solve: process "/bin/sh -c npm ci   && npm run build" did not complete successfully: exit code: 1
Last log lines:
  out`,
  ],
  [
    'BuildKit of Docker 20.10',
    `#7 [base 3/3] RUN false
#7 0.325 one
#7 0.326 two
#7 ERROR: executor failed running [/bin/sh -c false]: exit code: 1
------
 > [base 3/3] RUN false:
------
executor failed running [/bin/sh -c false]: exit code: 1
`,
    `services.app.image: the build failed at dockerfileInline:12: RUN false
it reports: executor failed running [/bin/sh -c false]: exit code: 1
Last log lines:
  one
  two`,
  ],
  [
    'the classic builder',
    `Step 1/3 : FROM busybox
 ---> 0123456789ab
Step 2/3 : RUN false
 ---> Running in 0123456789ab
\u001B[91mfailed
\u001B[0mRemoving intermediate container 0123456789ab

ERROR: The command '/bin/sh -c false' returned a non-zero code: 1
`,
    `services.app.image: the build failed at dockerfileInline:12: RUN false
it reports: The command '/bin/sh -c false' returned a non-zero code: 1
Last log lines:
  failed`,
  ],
  [
    'buildah',
    `STEP 1/3: FROM busybox
STEP 2/3: RUN false
failed
Error: building at STEP "RUN false": while running runtime: exit status 1
`,
    `services.app.image: the build failed at dockerfileInline:12: RUN false
it reports: building at STEP "RUN false": while running runtime: exit status 1
Last log lines:
  failed`,
  ],
  [
    'a Dockerfile that cannot be read',
    'ERROR: failed to solve: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)\n',
    `services.app.image: it could not build it.
it reports: failed to solve: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)`,
  ],
])('%s: the failing step, its output, and its line', (_, output, message) => {
  expect(toBuildError('it', build, output).message).toBe(message)
})

test.each([
  ['COPY <<-EOF /script', 8],
  ['FROM busybox:1 AS base', 3],
  ['RUN npm run build', 11],
  ['RUN nothing', undefined],
])('the line of %s', (instruction, line) => {
  expect(lineOf(dockerfileInline, instruction)).toBe(line)
})

test.each([
  ['#5 [2/3] RUN npm ci', '[2/3] RUN npm ci'],
  ['#5 0.080 out', undefined],
  ['Step 2/3 : RUN npm ci', '2/3 : RUN npm ci'],
  ['[1/2] STEP 3/3: COPY . .', '3/3: COPY . .'],
])('the progress in %s', (line, step) => {
  expect(stepOf(line)).toBe(step)
})
