import { EdgeLineProgram, type EdgeProgramType, NodeCircleProgram, type NodeProgramType } from 'sigma/rendering';
import type { RenderParams } from 'sigma/types';
import type { Kind } from './kinds.js';

/** How far a point is outside of each shape; `r` is the circle that sigma makes room for. Negative inside. */
const DISTANCE: Readonly<Record<Kind, string>> = {
  raw: 'max(-p.y * 1.0, max(0.866 * p.x + 0.5 * p.y, -0.866 * p.x + 0.5 * p.y)) - 0.62 * r',
  config: 'max(abs(p.x), abs(p.y)) - 0.68 * r',
  sleep: 'length(p) - 0.9 * r',
  free: '(abs(p.x) + abs(p.y)) - 1.0 * r',
  other: 'abs(length(p) - 0.62 * r) - 0.2 * r',
};

function fragmentShader(kind: Kind): string {
  return `
precision highp float;
varying vec4 v_color;
varying vec2 v_diffVector;
varying float v_radius;
uniform float u_correctionRatio;
void main(void) {
  vec2 p = v_diffVector;
  float r = v_radius;
  float border = u_correctionRatio * 2.0;
  float dist = ${DISTANCE[kind]};
  #ifdef PICKING_MODE
  // What is hit is the whole of it, also where a ring is hollow.
  gl_FragColor = length(p) > r ? vec4(0.0) : v_color;
  #else
  gl_FragColor = mix(v_color, vec4(0.0), smoothstep(0.0, border, dist));
  #endif
}
`;
}

/** sigma's program for discs, drawing the shape of a kind instead. */
function shapeProgram(kind: Kind): NodeProgramType {
  return class extends NodeCircleProgram {
    override getDefinition(): ReturnType<NodeCircleProgram['getDefinition']> {
      return { ...super.getDefinition(), FRAGMENT_SHADER_SOURCE: fragmentShader(kind) };
    }
  };
}

/** A program a kind. */
export const SHAPES: Readonly<Record<Kind, NodeProgramType>> = {
  raw: shapeProgram('raw'),
  config: shapeProgram('config'),
  sleep: shapeProgram('sleep'),
  free: shapeProgram('free'),
  other: shapeProgram('other'),
};

/** sigma's program for thin lines, drawing only the first of them: as many as `count` says. */
export function webOf(count: () => number): EdgeProgramType {
  return class extends EdgeLineProgram {
    override render(params: RenderParams): void {
      const vertices = Math.min(this.verticesCount, count() * this.VERTICES);
      if (vertices === 0) return;
      const { array, verticesCount } = this;
      this.array = array.subarray(0, vertices * this.ATTRIBUTES_ITEMS_COUNT);
      this.verticesCount = vertices;
      super.render(params);
      this.array = array;
      this.verticesCount = verticesCount;
    }
  };
}
