#include <linux/delay.h>
#include <linux/rcupdate.h>

void log_route(void)
{
	struct route *route;

	rcu_read_lock();
	route = rcu_dereference(current_route);
	if (route && !refcount_inc_not_zero(&route->users))
		route = NULL;
	rcu_read_unlock();
	msleep(20);
}
