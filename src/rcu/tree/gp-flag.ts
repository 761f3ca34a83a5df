/** What is asked of the grace-period kthread: bits of the state's `gpFlags` (RCU_GP_FLAG_*). */
export const GpFlag = { Init: 1, Fqs: 2 } as const;
