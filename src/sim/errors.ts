/** A fault of the scenario's own code (not a finding): becomes `FILE:LINE: what is wrong` and exit code 2. */
export class ScenarioError extends Error {
  /** `function+0xLINE` of the operation at fault, '' when unknown. */
  readonly callSite: string;

  constructor(problem: string, callSite = '') {
    super(problem);
    this.name = 'ScenarioError';
    this.callSite = callSite;
  }

  /** An operation was created and the next one reached, or its function left, without running it. */
  static forgottenYield(label: string, callSite: string): ScenarioError {
    return new ScenarioError(`operation ${label} is created but not run: write "yield*" before it`, callSite);
  }

  /** An operation on what an earlier run of the scenario made: something outside its set-up has kept it. */
  static earlierRun(label: string): ScenarioError {
    return new ScenarioError(
      `operation ${label} on what an earlier run made: the set-up must make it anew, not take it from a static field or a variable outside functions`,
    );
  }
}
