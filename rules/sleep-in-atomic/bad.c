#include <linux/delay.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(port_lock);

static void settle(void)
{
	msleep(20); /* want sleep-in-atomic */
}

void reset_port(void)
{
	spin_lock(&port_lock);
	settle();
	spin_unlock(&port_lock);
}
