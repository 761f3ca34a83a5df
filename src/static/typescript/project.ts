import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Project, type ResolutionHostFactory, ts } from 'ts-morph';

/** Sources with their types, as the front end reads them. */
export interface TypedSources {
  readonly checker: ts.TypeChecker;
  readonly program: ts.Program;
  /** Files whose functions are known, by the name that reports give them; those asked for and what they import. */
  readonly files: ReadonlyMap<string, ts.SourceFile>;
  /** Name of a file in reports. */
  readonly nameOf: (file: ts.SourceFile) => string;
  /** Whether a declaration is part of the simulated kernel. */
  readonly isSimulator: (file: ts.SourceFile) => boolean;
}

/** Folder of the simulated kernel: `src/sim`, or `dist/sim` of an installed lockvet. */
const SIM = resolve(fileURLToPath(new URL('../../sim', import.meta.url)));
/** What `lockvet/sim` means, wherever the sources lie. */
const SIM_ENTRY = [join(SIM, 'index.ts'), join(SIM, 'index.d.ts')].find((path) => existsSync(path)) ?? '';
/** The simulated kernel and what it is made of, as sources and compiled: code that is known by table, not by its bodies. */
const KNOWN = ['src', 'dist'].flatMap((form) =>
  ['sim', 'model', 'explore'].map((part) => join(dirname(dirname(SIM)), form, part)),
);
/** RCU is code that runs on the simulated kernel: it is followed by its bodies, compiled ones in an installed lockvet. */
const RCU = join(dirname(SIM), 'rcu');
const RCU_ENTRY = [join(RCU, 'index.ts'), join(RCU, 'index.js')].find((path) => existsSync(path)) ?? '';
const IS_COMPILED = RCU_ENTRY.endsWith('.js');

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
  allowJs: IS_COMPILED,
  paths: { 'lockvet/sim': [SIM_ENTRY], 'lockvet/rcu': [RCU_ENTRY] },
};

/** Resolves imports of compiled RCU files to their code rather than to the declarations beside it. */
function compiledRcu(
  host: ts.ModuleResolutionHost,
  options: () => ts.CompilerOptions,
): ReturnType<ResolutionHostFactory> {
  return {
    resolveModuleNames: (names, containing) =>
      names.map((name) => {
        const path =
          name === 'lockvet/rcu' ? RCU_ENTRY : name.startsWith('.') ? resolve(dirname(containing), name) : '';
        if (path.startsWith(RCU + sep) && path.endsWith('.js'))
          return { resolvedFileName: path, extension: ts.Extension.Js };
        return ts.resolveModuleName(name, containing, options(), host).resolvedModule;
      }),
  };
}

/**
 * Loads the sources. Nothing is type-checked here: types are computed where they are asked for.
 * @param files paths as the user gave them
 */
export function loadSources(files: readonly string[]): TypedSources {
  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    compilerOptions: OPTIONS,
    ...(IS_COMPILED ? { resolutionHost: compiledRcu } : {}),
  });
  for (const file of files) project.addSourceFileAtPath(file);
  const program = project.getProgram().compilerObject;
  const given = new Map(files.map((file) => [resolve(file), file]));
  const names = new Map<ts.SourceFile, string>();
  const nameOf = (file: ts.SourceFile): string => {
    let name = names.get(file);
    if (name === undefined) {
      const path = resolve(file.fileName);
      name = given.get(path) ?? relative(process.cwd(), path);
      names.set(file, name);
    }
    return name;
  };
  const isInside = (folder: string, file: ts.SourceFile): boolean => resolve(file.fileName).startsWith(folder + sep);
  const isSimulator = (file: ts.SourceFile): boolean => KNOWN.some((folder) => isInside(folder, file));
  const own = program
    .getSourceFiles()
    .filter((file) => !file.isDeclarationFile && !isSimulator(file) && !file.fileName.includes('/node_modules/'))
    .map((file) => [nameOf(file), file] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return { checker: program.getTypeChecker(), program, files: new Map(own), nameOf, isSimulator };
}
