export { type PageParts, pageData } from './build.js';
export { MAP_SIZE, type PageData, type PageGraph } from './data.js';
export { type PageAssets, pageAssets, renderPage } from './html.js';
export { type Placement, packGraph } from './pack-graph.js';
