/** A value in an answer. */
export type AnswerValue = string | number | boolean | null | readonly AnswerValue[];

/** What a store answers to a question: a table, for renderers. */
export interface Answer {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly (readonly AnswerValue[])[];
  /** What is to be said of it, in plain sentences. */
  readonly notes: readonly string[];
}

export interface AnswerColumn {
  readonly name: string;
  /** `number`: a spreadsheet may calculate with it; `text`: it may hold whatever an input held. */
  readonly type: 'number' | 'text';
}
