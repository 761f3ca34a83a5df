import { dirname, resolve } from 'node:path';
import { Project, ts } from './compiler.js';
import type { Disk } from './disk.js';
import { configAbove } from './own-paths.js';
import { compiledImport, importInCopy, importOfSimulator, isKnown, RCU_ENTRY, SIM_ENTRY } from './places.js';

/** Sources with their types, as the front end reads them. */
export interface TypedSources {
  readonly checker: ts.TypeChecker;
  readonly program: ts.Program;
  /** Name of a file in reports. */
  readonly nameOf: (file: ts.SourceFile) => string;
  /** Whether a declaration is part of the simulated kernel. */
  readonly isSimulator: (file: ts.SourceFile) => boolean;
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2023.d.ts'],
  types: [],
  strict: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
  paths: { 'lockvet/sim': [SIM_ENTRY], 'lockvet/rcu': [RCU_ENTRY] },
};

/** Where an import leads. */
export interface Resolved {
  /** Absolute path; '' where there is nothing. */
  readonly to: string;
  /** Paths that come first and are not there: a file there would be what is imported. */
  readonly missed: readonly string[];
  /** Digest of the project's configuration, where that decides. */
  readonly config?: string;
}

/** The sources whose types are asked for, with the texts that they were found to have. Nothing is type-checked until it is asked for. */
export class TypedProject {
  readonly #project: Project;
  readonly #resolutions: ts.ModuleResolutionCache;
  readonly #host: ts.ModuleResolutionHost;
  readonly #nameOf: (path: string) => string;
  readonly #disk: Disk;
  /** By tsconfig.json. */
  readonly #paths = new Map<string, ts.CompilerOptions | undefined>();
  /** Modules that only a project's own configuration leads to. */
  readonly #byConfig = new WeakSet<ts.ResolvedModuleFull>();
  #sources: TypedSources | undefined;

  /** @param nameOf name of a path in reports */
  constructor(disk: Disk, nameOf: (path: string) => string) {
    this.#nameOf = nameOf;
    this.#disk = disk;
    const { readFile, realpath, directoryExists } = ts.sys;
    this.#host = {
      fileExists: (path) => disk.exists(path),
      readFile,
      getCurrentDirectory: () => process.cwd(),
      ...(realpath === undefined ? {} : { realpath }),
      // A text may stand for a file in a folder that is not there.
      ...(disk.isPlain ? { directoryExists } : {}),
    };
    this.#project = new Project({
      skipAddingFilesFromTsConfig: true,
      compilerOptions: OPTIONS,
      resolutionHost: () => ({
        resolveModuleNames: (names, containing) => names.map((name) => this.#resolved(name, containing).resolvedModule),
      }),
    });
    this.#resolutions = ts.createModuleResolutionCache(process.cwd(), (name) => name, OPTIONS);
  }

  /** Adds a file with its text, once. */
  add(path: string, text: () => string): ts.SourceFile {
    const known = this.#project.getSourceFile(path);
    if (known !== undefined) return known.compilerNode;
    this.#sources = undefined;
    return this.#project.createSourceFile(path, text(), { overwrite: true }).compilerNode;
  }

  /** Takes a file out again. */
  remove(path: string): void {
    this.#sources = undefined;
    this.#project.getSourceFile(path)?.forget();
  }

  /** Where an import of a file leads. */
  resolve(specifier: string, containing: string): Resolved {
    const found = this.#resolved(specifier, containing);
    // Known to the compiler, but not part of what it declares.
    const missed = 'failedLookupLocations' in found ? found.failedLookupLocations : undefined;
    const to = found.resolvedModule?.resolvedFileName;
    const isOwn = found.resolvedModule === undefined || this.#byConfig.has(found.resolvedModule);
    return {
      ...(isOwn && !specifier.startsWith('.') ? { config: this.#disk.configDigest(containing) } : {}),
      to: to === undefined ? '' : resolve(to),
      missed: Array.isArray(missed) ? missed.map((path) => resolve(String(path))) : [],
    };
  }

  /** All files that were added, with their types. */
  sources(): TypedSources {
    if (this.#sources === undefined) {
      const program = this.#project.getProgram().compilerObject;
      const names = new Map<ts.SourceFile, string>();
      const simulator = new Map<ts.SourceFile, boolean>();
      this.#sources = {
        program,
        checker: program.getTypeChecker(),
        nameOf: (file) => remembered(names, file, () => this.#nameOf(resolve(file.fileName))),
        isSimulator: (file) => remembered(simulator, file, () => isKnown(resolve(file.fileName), this.#disk.packageOf)),
      };
    }
    return this.#sources;
  }

  /** Where an import leads by the `paths` of the tsconfig.json nearest to the file, as its own compiler has it. */
  #byOwnPaths(specifier: string, containing: string): ts.ResolvedModuleWithFailedLookupLocations | undefined {
    const config = configAbove(containing);
    if (config === undefined) return undefined;
    const options = remembered(this.#paths, config, () => pathsOf(config));
    return options && ts.resolveModuleName(specifier, containing, options, this.#host);
  }

  #resolved(specifier: string, containing: string): ts.ResolvedModuleWithFailedLookupLocations {
    const known = compiledImport(specifier, containing) ?? importInCopy(specifier, containing, this.#disk.packageOf);
    if (known !== undefined) return moduleAt(known);
    const found = ts.resolveModuleName(specifier, containing, OPTIONS, this.#host, this.#resolutions);
    if (found.resolvedModule !== undefined) return found;
    const own = specifier.startsWith('.') ? undefined : this.#byOwnPaths(specifier, containing);
    if (own?.resolvedModule !== undefined) {
      this.#byConfig.add(own.resolvedModule);
      return own;
    }
    const simulator = importOfSimulator(specifier);
    return simulator === undefined ? found : { ...found, ...moduleAt(simulator) };
  }
}

/** What decides how a project's imports are read: `paths` and `baseUrl` of its tsconfig.json. */
function pathsOf(config: string): ts.CompilerOptions | undefined {
  const { config: content } = ts.readConfigFile(config, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(
    content ?? {},
    { ...ts.sys, readDirectory: () => [] },
    dirname(config),
  );
  const { paths, baseUrl } = options;
  if (paths === undefined && baseUrl === undefined) return undefined;
  const base = baseUrl === undefined ? {} : { baseUrl };
  return {
    ...OPTIONS,
    paths: { ...paths, ...OPTIONS.paths },
    ...base,
    pathsBasePath: options.pathsBasePath ?? dirname(config),
  };
}

function moduleAt(path: string): ts.ResolvedModuleWithFailedLookupLocations {
  const extension = path.endsWith('.d.ts') ? ts.Extension.Dts : ts.Extension.Ts;
  return { resolvedModule: { resolvedFileName: path, extension, isExternalLibraryImport: false } };
}

function remembered<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}
