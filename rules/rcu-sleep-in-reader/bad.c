#include <linux/delay.h>
#include <linux/rcupdate.h>

void log_route(void)
{
	rcu_read_lock();
	msleep(20); /* want rcu-sleep-in-reader */
	rcu_read_unlock();
}
