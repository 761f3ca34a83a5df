import { DirectedGraph } from 'graphology';
import Sigma from 'sigma';
import type { Settings } from 'sigma/settings';
import { shortened } from './dom.js';
import type { GraphModel } from './graph-model.js';
import { KINDS, type Kind } from './kinds.js';
import { SHAPES, webOf } from './map-shapes.js';

/** What the map shows besides everything. */
export interface MapState {
  /** Class in the middle of attention. */
  readonly selected: number | undefined;
  /** Classes near it; undefined: all are equal. */
  readonly near: ReadonlySet<number> | undefined;
  /** Whether a class passes the filters, the name that is looked for included. */
  readonly passes: (cls: number) => boolean;
  /** Whether a class passes the filters that take dependencies away as well. */
  readonly stays: (cls: number) => boolean;
  /** Equal while {@link stays} is. */
  readonly filter: string;
}

const LABEL = 50;
const PAN = 0.12;
/** Dependencies that are drawn above the others. */
const TRACED = 4000;
/** Dependencies that are drawn of the whole map: without a GPU more would make it wait. */
const WEB = 5000;
/** Dependencies drawn above the others while the map moves. The others are not drawn then. */
const MOVED = 500;
/** Milliseconds after which a map that did not move stands still. */
const STILL = 150;

/** The colours of the theme, as the style sheet has them. */
interface Colours extends Record<Kind, string> {
  readonly text: string;
  readonly ground: string;
  readonly edge: string;
  readonly strong: string;
  readonly between: string;
  readonly cycle: string;
  readonly faint: string;
}

/** The whole lock graph, drawn by WebGL: zoomed by wheel and keys, panned by drag and keys. */
export class LockMap {
  readonly #sigma: Sigma;
  readonly #model: GraphModel;
  readonly #container: HTMLElement;
  #colours: Colours;
  #state: MapState = { selected: undefined, near: undefined, passes: () => true, stays: () => true, filter: '' };
  /** Dependencies on cycles and loops. */
  readonly #cycles: readonly number[];
  /** Dependencies drawn above the others: those near the selected class, or those of {@link #cycles}. */
  #traced: readonly number[];
  /** Runs out when the map stands still. */
  #moving: ReturnType<typeof setTimeout> | undefined;

  /**
   * Throws where the browser has no WebGL.
   * @param onDrawn is told how many dependencies are drawn: a browser takes long for tens of thousands
   */
  constructor(
    container: HTMLElement,
    model: GraphModel,
    onSelect: (cls: number) => void,
    onDrawn: (drawn: number) => void,
  ) {
    this.#model = model;
    this.#container = container;
    this.#colours = coloursOf(container);
    const graph = new DirectedGraph();
    const { x, y } = model.data.classes;
    // Thousands of classes leave each little room.
    const scale = Math.min(1, Math.max(0.5, Math.sqrt(1200 / model.classes)));
    for (let cls = 0; cls < model.classes; cls++) {
      graph.addNode(cls, {
        x: x[cls] ?? 0,
        y: -(y[cls] ?? 0),
        size: scale * (2.5 + Math.min(7, Math.sqrt(model.degree(cls)) * 0.75)),
        label: shortened(model.name(cls), LABEL),
        type: model.kind(cls),
      });
    }
    const every = Array.from({ length: model.dependencies }, (_, one) => one);
    // The first are drawn before the others: what occurred most often. Only those from a class to itself are no lines.
    const ranked = every
      .filter((one) => model.from(one) !== model.to(one))
      .sort(
        (a, b) => Number(model.isDirect(b)) - Number(model.isDirect(a)) || model.count(b) - model.count(a) || a - b,
      );
    for (const one of ranked) graph.mergeDirectedEdge(model.from(one), model.to(one), { one });
    this.#cycles = every.filter((one) => model.closes(one) || model.isOnLoop(one)).slice(0, TRACED);
    this.#traced = this.#cycles;
    this.#sigma = new Sigma(graph, container, {
      ...this.#settings(),
      edgeProgramClasses: {
        line: webOf(() => (this.#state.near !== undefined || this.#moving !== undefined ? 0 : WEB)),
      },
    });
    // Few are drawn so; all of them anew for every choice would take long.
    this.#sigma.createCanvasContext('traced', { style: { pointerEvents: 'none' } });
    const { traced, nodes } = this.#sigma.getCanvases();
    if (traced) nodes?.before(traced);
    this.#sigma.on('afterRender', () => {
      this.#trace();
      if (this.#moving !== undefined) return;
      onDrawn(Math.min(model.dependencies, this.#state.near === undefined ? WEB : Number.POSITIVE_INFINITY));
    });
    this.#sigma.getCamera().on('updated', () => {
      clearTimeout(this.#moving);
      this.#moving = setTimeout(() => {
        this.#moving = undefined;
        this.#sigma.scheduleRender();
      }, STILL);
    });
    this.#sigma.resize(true);
    this.#sigma.on('clickNode', ({ node }) => onSelect(Number(node)));
    this.#sigma.on('enterNode', () => container.classList.add('pointing'));
    this.#sigma.on('leaveNode', () => container.classList.remove('pointing'));
    container.addEventListener('keydown', (event) => this.#key(event));
  }

  show(state: MapState): void {
    const isOther = state.filter !== this.#state.filter;
    this.#state = state;
    this.#traced = state.near === undefined ? this.#cycles : this.#within(state.near);
    if (isOther) this.#sigma.refresh();
    else this.#sigma.refresh({ partialGraph: { nodes: this.#sigma.getGraph().nodes() }, skipIndexation: true });
  }

  /** Dependencies between these classes, those of the selected one last, so that they are on top. */
  #within(near: ReadonlySet<number>): number[] {
    const model = this.#model;
    const found = [...near].flatMap((cls) => [...model.neighbours(cls)].filter((one) => near.has(model.to(one))));
    const weight = (one: number): number => (model.closes(one) ? 2 : Number(this.#touches(one)));
    return found.sort((a, b) => weight(a) - weight(b)).slice(-TRACED);
  }

  #touches(one: number): boolean {
    const { selected } = this.#state;
    return this.#model.from(one) === selected || this.#model.to(one) === selected;
  }

  #trace(): void {
    const canvas = this.#sigma.getCanvases().traced;
    const context = canvas?.getContext('2d');
    if (!canvas || !context) return;
    const { width, height } = this.#sigma.getDimensions();
    context.clearRect(0, 0, width, height);
    const model = this.#model;
    const colours = this.#colours;
    for (const one of this.#moving === undefined ? this.#traced : this.#traced.slice(-MOVED)) {
      if (!this.#state.stays(model.from(one)) || !this.#state.stays(model.to(one))) continue;
      const [a, b] = [model.from(one), model.to(one)].map((cls) => this.#sigma.getNodeDisplayData(String(cls)));
      if (!a || !b) continue;
      const isCycle = model.closes(one) || model.isOnLoop(one);
      const isStrong = isCycle || this.#touches(one);
      context.strokeStyle = isCycle ? colours.cycle : isStrong ? colours.strong : colours.between;
      context.lineWidth = isCycle ? 2 : isStrong ? 1.3 : 0.7;
      const size = this.#sigma.scaleSize(b.size);
      arrow(
        context,
        this.#sigma.framedGraphToViewport(a),
        this.#sigma.framedGraphToViewport(b),
        isStrong ? size : undefined,
      );
    }
  }

  /** Takes the colours of the theme anew. */
  recolour(): void {
    this.#colours = coloursOf(this.#container);
    this.#sigma.setSettings(this.#settings());
  }

  /** Moves so that these classes fill the map. */
  fit(classes: Iterable<number>): void {
    const places = [...classes].flatMap((cls) => this.#sigma.getNodeDisplayData(String(cls)) ?? []);
    const [xs, ys] = [places.map(({ x }) => x), places.map(({ y }) => y)];
    if (places.length === 0) return;
    const [left, right] = [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b))];
    const [bottom, top] = [ys.reduce((a, b) => Math.min(a, b)), ys.reduce((a, b) => Math.max(a, b))];
    const ratio = Math.min(1.2, Math.max(0.05, Math.max(right - left, top - bottom) * 1.4));
    this.#move({ x: (left + right) / 2, y: (bottom + top) / 2, ratio });
  }

  zoom(factor: number): void {
    this.#move({ ratio: this.#sigma.getCamera().ratio * factor });
  }

  reset(): void {
    this.#move({ x: 0.5, y: 0.5, ratio: 1 });
  }

  kill(): void {
    clearTimeout(this.#moving);
    this.#sigma.kill();
  }

  #move(to: { x?: number; y?: number; ratio?: number }): void {
    const duration = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 200;
    void this.#sigma.getCamera().animate(to, { duration });
  }

  #key(event: KeyboardEvent): void {
    const camera = this.#sigma.getCamera();
    const by = PAN * camera.ratio;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => this.#move({ x: camera.x - by }),
      ArrowRight: () => this.#move({ x: camera.x + by }),
      ArrowUp: () => this.#move({ y: camera.y + by }),
      ArrowDown: () => this.#move({ y: camera.y - by }),
      '+': () => this.zoom(1 / 1.5),
      '=': () => this.zoom(1 / 1.5),
      '-': () => this.zoom(1.5),
      '0': () => this.reset(),
    };
    const move = event.ctrlKey || event.metaKey || event.altKey ? undefined : moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  }

  #settings(): Partial<Settings> {
    const { text, ground } = this.#colours;
    return {
      allowInvalidContainer: true,
      nodeProgramClasses: { ...SHAPES },
      defaultEdgeType: 'line',
      labelColor: { color: text },
      labelFont: 'ui-monospace, monospace',
      labelSize: 11,
      labelRenderedSizeThreshold: 5,
      labelDensity: 0.6,
      minCameraRatio: 0.02,
      maxCameraRatio: 3,
      stagePadding: 20,
      nodeReducer: (node, data) => this.#node(Number(node), data),
      edgeReducer: (_edge, data) => this.#edge(Number(data.one)),
      defaultDrawNodeHover: (context, data, { labelSize, labelFont }) => {
        if (!data.label) return;
        context.font = `${labelSize}px ${labelFont}`;
        const width = context.measureText(data.label).width + 8;
        context.fillStyle = ground;
        context.strokeStyle = text;
        context.beginPath();
        context.rect(data.x + data.size + 2, data.y - labelSize, width, labelSize * 2);
        context.fill();
        context.stroke();
        context.fillStyle = text;
        context.fillText(data.label, data.x + data.size + 6, data.y + labelSize / 3);
      },
    };
  }

  #node(cls: number, data: { x?: number; y?: number; size?: number }): Record<string, unknown> {
    const { selected, near, passes } = this.#state;
    const faint = !passes(cls) || (near !== undefined && !near.has(cls));
    const kind = this.#model.kind(cls);
    const size = data.size ?? 3;
    return {
      ...data,
      size: cls === selected ? size * 1.8 : size,
      color: faint ? this.#colours.faint : this.#colours[kind],
      ...(faint && { label: '' }),
      forceLabel: cls === selected || (near !== undefined && near.size <= 16 && near.has(cls)),
      highlighted: cls === selected,
    };
  }

  #edge(one: number): Record<string, unknown> {
    const { stays } = this.#state;
    if (!stays(this.#model.from(one)) || !stays(this.#model.to(one))) return { hidden: true };
    return { color: this.#colours.edge, type: 'line', size: 1 };
  }
}

/** A line, and a head short of its end where that is a node of this size. */
function arrow(
  context: CanvasRenderingContext2D,
  a: { x: number; y: number },
  b: { x: number; y: number },
  node?: number,
): void {
  context.beginPath();
  context.moveTo(a.x, a.y);
  context.lineTo(b.x, b.y);
  if (node !== undefined) {
    const angle = Math.atan2(b.y - a.y, b.x - a.x);
    const [x, y] = [b.x - Math.cos(angle) * (node + 1), b.y - Math.sin(angle) * (node + 1)];
    for (const side of [-0.4, 0.4]) {
      context.moveTo(x, y);
      context.lineTo(x - 8 * Math.cos(angle + side), y - 8 * Math.sin(angle + side));
    }
  }
  context.stroke();
}

/** Whether the browser draws WebGL, which the map needs. */
export function hasWebGl(): boolean {
  const canvas = document.createElement('canvas');
  return canvas.getContext('webgl2') !== null || canvas.getContext('webgl') !== null;
}

/** The style sheet's colours as WebGL takes them: `light-dark()` and variables are worked out by the browser. */
function coloursOf(element: HTMLElement): Colours {
  const probe = document.createElement('span');
  element.append(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return premultiplied(getComputedStyle(probe).color);
  };
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, colour(`kind-${kind}`)])) as Record<Kind, string>;
  const colours = {
    ...kinds,
    text: colour('text'),
    ground: colour('ground'),
    edge: colour('map-edge'),
    strong: colour('map-strong'),
    between: colour('map-between'),
    cycle: colour('error'),
    faint: colour('map-faint'),
  };
  probe.remove();
  return colours;
}

/** A colour with its alpha already in it, as sigma hands it to WebGL, which blends it so. */
function premultiplied(colour: string): string {
  const [r, g, b, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  if (alpha === 1 || r === undefined || g === undefined || b === undefined) return colour;
  return `rgba(${[r, g, b].map((part) => Math.round(part * alpha)).join(',')},${alpha})`;
}
