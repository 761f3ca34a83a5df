/**
 * The compiler. Loaded as the CommonJS module that it is: imported, Node would search its nine megabytes for names to export first,
 * which takes a third of the time that loading it takes.
 */
import tsMorph = require('ts-morph');

export import Project = tsMorph.Project;
export import ts = tsMorph.ts;
