import { addCopyButtons } from "./copy.ts";
import { openByKeys } from "./keys.ts";
import { keepLive } from "./live.ts";
import { showWhereItApplies } from "./visible.ts";
import { localFields, localTimes } from "./times.ts";
import { orderByDragging } from "./order.ts";

// Pages work without any of this.
enhance(document);
openByKeys();
keepLive(enhance);

function enhance(part: ParentNode): void {
  localTimes(part);
  localFields(part);
  addCopyButtons(part);
  orderByDragging(part);
  showWhereItApplies(part);
}
