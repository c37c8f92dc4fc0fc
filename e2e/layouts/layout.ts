/** A project and a machine as users have them, in which moorage must work. */
export interface Layout {
  readonly title: string
  /** Installs the packages. Default: npm. */
  readonly manager?: ManagerName
  /** Files besides those of the base project; `undefined` omits one of the base project. */
  readonly files?: LayoutFiles
  /** The project's folder, below a temporary one. Default: `project`. */
  readonly folder?: string
  /** The folder below it in which commands run. Default: the project's. */
  readonly cwd?: string
  /** Changes the project or the machine, once everything is installed. Its result undoes that. */
  readonly prepare?: (place: LayoutPlace) => Disposable | void
  readonly env?: (place: LayoutPlace) => { readonly [name: string]: string | undefined }
  /** The words in front of each command, such as those that change the user. */
  readonly wrap?: (place: LayoutPlace) => readonly string[]
  /** Major version of Node. Default: that of the tests. */
  readonly node?: '20' | '22'
  /** What runs in it. Default: both. */
  readonly runs?: readonly LayoutRun[]
  /** What moorage says of this layout where it cannot work. The exit code is not 0 then. */
  readonly refusal?: RegExp
  /** Temporary files that stay. */
  readonly leaves?: RegExp
  /** Needs root, to mount or to become another user. */
  readonly root?: true
}

export type ManagerName = 'npm' | 'pnpm' | 'yarn-classic' | 'yarn-pnp' | 'bun'

export type LayoutRun = 'exec' | 'vitest'

export type LayoutFiles = { readonly [path: string]: string | undefined }

export interface LayoutPlace {
  /** The project's folder. */
  readonly folder: string
  /** A folder outside the project, which is removed with it. */
  readonly scratch: string
  /** The home folder, in `scratch`. */
  readonly home: string
}

/** Another user, for layouts that need root. */
export const OTHER_UID = 65_534
