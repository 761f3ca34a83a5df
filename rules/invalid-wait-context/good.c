#include <linux/spinlock.h>

static DEFINE_RAW_SPINLOCK(chip_lock);
static DEFINE_SPINLOCK(list_lock);

void mask_line(void)
{
	spin_lock(&list_lock);
	raw_spin_lock(&chip_lock);
	raw_spin_unlock(&chip_lock);
	spin_unlock(&list_lock);
}
