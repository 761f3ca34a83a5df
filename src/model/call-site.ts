/** `do_truncate+0x63/0xb0` and `do_truncate+0x63` become `do_truncate`; compiler suffixes such as `.isra.0` go too. */
export function functionOf(callSite: string): string {
  const plus = callSite.indexOf('+0x');
  const name = plus < 0 ? callSite : callSite.slice(0, plus);
  return name.replace(/(?:\.(?:isra|part|constprop|cold|llvm)(?:\.\d+)*)+$/, '');
}
