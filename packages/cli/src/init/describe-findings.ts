import { relative } from 'node:path'
import type { Project } from './detect/detect-project.ts'
import { nodeDriverServices, pythonDriverServices } from './detect/driver-services.ts'
import { guessFromImage, type ImageUse, type ServiceGuess } from './detect/service-guess.ts'
import type { RunnerName } from './detect/find-runners.ts'
import { presetCall } from './propose/config-file.ts'

const RUNNER_LINES: { readonly [runner in RunnerName]: string } = {
  vitest: 'plugins: [moorage()] in its config',
  playwright: 'moorage in its config, before the servers under test',
  jest: 'moorage exec -- jest as the test script',
  mocha: 'moorage exec -- mocha as the test script',
  'node:test': 'moorage exec -- node --test as the test script',
  pytest: 'moorage exec -- pytest',
}

/** A line for each thing that was found, with what moorage proposes for it. */
export function describeFindings(project: Project, services: readonly ServiceGuess[]): readonly string[] {
  const { packages, workspace, composeFile, configFile, dockerfiles, pipelines, root } = project
  const { length: packageCount } = workspace.packages
  const manager = packageCount
    ? `${workspace.manager}, with ${packageCount} package${packageCount > 1 ? 's' : ''} in its workspace`
    : workspace.manager
  return [
    `found ${manager} (${workspace.lockFile ?? 'no lock file'})`,
    ...packages.flatMap((item) => {
      const at = (file: string): string => relative(root, `${item.manifest.folder}/${file}`)
      return [
        ...item.runners.map(({ name, source }) => line(name, at(source), RUNNER_LINES[name])),
        ...nodeDriverServices(item.manifest.dependencies).map(({ driver, guess }) =>
          line(driver, at('package.json'), serviceFor(guess, services)),
        ),
        ...pythonDriverServices(item.requirements).map(({ driver, guess }) =>
          line(driver, item.requirementFiles.map(at).join(', '), serviceFor(guess, services)),
        ),
        ...item.sources.testcontainers.map(({ file, line: number, use }) =>
          line(
            use ? `testcontainers with ${use.image}` : 'testcontainers',
            `${at(file)}:${number}`,
            use ? forImage(use, services) : 'services() of moorage/test instead of containers that the tests start',
          ),
        ),
      ]
    }),
    ...(composeFile ? [line('a compose file', relative(root, composeFile), composeProposal(configFile, root))] : []),
    ...dockerfiles.map((file) => line('a Dockerfile', file, 'an image build without a Docker daemon in CI')),
    ...pipelines.steps.map(({ file, line: number, what, use }) =>
      line(
        use ? `${what} with ${use.image}` : what,
        `${file}:${number}`,
        use ? forImage(use, services) : stepProposal(what),
      ),
    ),
  ]
}

function line(what: string, place: string, proposal: string): string {
  return `found ${what} (${place}) → ${proposal}`
}

function forImage(use: ImageUse, services: readonly ServiceGuess[]): string {
  const guess = guessFromImage(use)
  return guess
    ? serviceFor(guess, services)
    : `container({ image: '${use.image}', ports: { main: … } }): add it yourself, because its port is not known`
}

/** The service that stands for a guess after versions and names were settled. */
function serviceFor(guess: ServiceGuess, services: readonly ServiceGuess[]): string {
  const version = guess.options['version'] ?? guess.options['image']
  const same = services.filter(({ preset }) => preset === guess.preset)
  const service =
    same.find(({ options }) => version !== undefined && [options['version'], options['image']].includes(version)) ??
    same[0] ??
    guess
  return `services.${service.name}: ${presetCall(service)}`
}

function composeProposal(configFile: string | undefined, root: string): string {
  return configFile
    ? `${relative(root, configFile)} takes precedence; compose() of moorage/compose reads the file`
    : 'no config is needed, its services run as they are'
}

function stepProposal(what: string): string {
  return what === 'kubectl delete' || what.startsWith('kubectl create')
    ? 'moorage creates and removes what a run needs; remove the step'
    : 'moorage starts services, waits for them and forwards their ports; remove the step'
}
