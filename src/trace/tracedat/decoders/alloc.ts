import { AllocEvent, AllocKind } from '../../../model/events.js';
import { flagTable, GfpTranslation } from '../flag-table.js';
import { fieldNamed } from '../format-text.js';
import { readPiece, unsignedValue } from '../words.js';
import { type DecoderFactory, minWordsOf, numberField } from './decoder.js';

/** An allocation or free event of `kind`; a field that the format lacks stays unknown. */
const allocator =
  (kind: AllocKind, isFree: boolean): DecoderFactory =>
  (context, format) => {
    const site = numberField(context, format, 'call_site');
    const object = numberField(context, format, 'ptr', 'addr', 'va_start');
    const size = numberField(context, format, 'bytes_req', 'size');
    const order = numberField(context, format, 'order');
    const gfp = numberField(context, format, 'gfp_flags');
    const pfn = numberField(context, format, 'pfn');
    if (!object.present && !pfn.present && !size.present && !fieldNamed(format, 'page')) return undefined;
    const translation = new GfpTranslation(flagTable(format.printFormat, 'gfp_flags'));
    const args = new AllocEvent();
    args.kind = kind;
    args.event = context.names.internText(format.name);
    if (kind === AllocKind.PageBatch) args.order = 0;
    const { names, sink, header } = context;
    return {
      minWords: minWordsOf(format),
      decode(words, base) {
        if (site.present)
          args.ip = names.internCallSite(readPiece(words, base, site.high), readPiece(words, base, site.low));
        // Pages are only known by number, which says nothing about their address.
        args.hi = readPiece(words, base, object.high);
        args.lo = readPiece(words, base, object.low);
        if (order.present) args.order = readPiece(words, base, order.low);
        if (isFree) {
          sink.free(header, args);
          return;
        }
        if (size.present) args.size = unsignedValue(words, base, size);
        if (gfp.present) args.gfp = translation.canonical(readPiece(words, base, gfp.low));
        sink.alloc(header, args);
      },
    };
  };

export const kmalloc = allocator(AllocKind.Kmalloc, false);
export const kfree = allocator(AllocKind.Kmalloc, true);
export const cacheAlloc = allocator(AllocKind.KmemCache, false);
export const cacheFree = allocator(AllocKind.KmemCache, true);
export const pageAlloc = allocator(AllocKind.Page, false);
export const pageFree = allocator(AllocKind.Page, true);
export const pageFreeBatched = allocator(AllocKind.PageBatch, true);
export const vmallocAlloc = allocator(AllocKind.Vmalloc, false);
export const vmallocFree = allocator(AllocKind.Vmalloc, true);
export const percpuAlloc = allocator(AllocKind.Percpu, false);
export const percpuFree = allocator(AllocKind.Percpu, true);
